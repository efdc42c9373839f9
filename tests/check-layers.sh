#!/bin/sh
# The architecture, executable: fails when a file includes something of a higher layer than its own,
# or when the pure part does input or output. A new folder must be entered here.
set -eu
cd "$(dirname "$0")/.."

layer() {
	case $1 in
	agent/base/*) echo 0 ;;
	parsers/* | agent/follow/*) echo 1 ;;
	agent/config/*) echo 2 ;;
	agent/meter/*) echo 3 ;;
	agent/archive/* | agent/detect/* | agent/import/*) echo 4 ;;
	agent/ledger/*) echo 5 ;;
	agent/pipeline/* | agent/control/*) echo 6 ;;
	agent/commands/*) echo 7 ;;
	agent/main.c) echo 8 ;;
	*) echo unlisted ;;
	esac
}

# Neighbours of one layer that do not know each other.
apart() {
	case $1:$2 in
	parsers/*:agent/follow/* | agent/follow/*:parsers/*) return 0 ;;
	agent/pipeline/*:agent/control/* | agent/control/*:agent/pipeline/*) return 0 ;;
	agent/archive/*:agent/detect/* | agent/detect/*:agent/archive/*) return 0 ;;
	agent/ledger/*:agent/detect/*) return 0 ;;
	agent/archive/*:agent/import/* | agent/import/*:agent/archive/*) return 0 ;;
	agent/ledger/*:agent/import/* | agent/import/*:agent/detect/* | agent/detect/*:agent/import/*) return 0 ;;
	esac
	return 1
}

rc=0
for f in $(find agent parsers -name '*.[ch]' | sort); do
	own=$(layer "$f")
	[ "$own" != unlisted ] || { echo "$f: its folder is not in the layer table"; rc=1; continue; }
	for inc in $(sed -n 's/^#include "\(.*\)"/\1/p' "$f"); do
		theirs=$(layer "$inc")
		if [ "$theirs" = unlisted ]; then
			echo "$f includes $inc, which is in no layer"
			rc=1
		elif [ "$theirs" -gt "$own" ] || apart "$f" "$inc"; then
			echo "$f (layer $own) may not include $inc (layer $theirs)"
			rc=1
		fi
	done
	case $f in
	agent/follow/watch_inotify.c | agent/base/sandbox_linux.c | agent/base/sandbox_seccomp.c) ;;
	*)
		if grep -nE '#include <(sys/inotify|sys/statfs|sys/vfs|linux/[a-z]*)\.h>' "$f"; then
			echo "$f: what only Linux has is for files that say so in their names"
			rc=1
		fi
		;;
	esac
	case $f in
	parsers/* | agent/meter/* | agent/import/* | agent/follow/frame.* | agent/follow/search.*)
		if grep -nE '#include <(sqlite3|poll|fcntl|unistd|dirent|sys/socket|sys/stat|sys/inotify)\.h>' "$f"; then
			echo "$f: the pure part does no input or output"
			rc=1
		fi
		if grep -nE '\b(f?printf|puts|fputs|perror|exit|abort)\(' "$f"; then
			echo "$f: the pure part does not print or exit"
			rc=1
		fi
		;;
	esac
done
exit $rc

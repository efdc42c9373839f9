#!/bin/sh
# Installs the Debian or Ubuntu packages that the named purposes need and are missing: says which,
# asks nothing, uses sudo only when not root.   tests/deps.sh build test lint fuzz bench real
set -eu

need=
want() { # PACKAGE COMMAND-THAT-SUCCEEDS-WHEN-IT-IS-THERE...
	package=$1
	shift
	"$@" >/dev/null 2>&1 || need="$need $package"
}
has() { command -v "$1"; }
at_sbin() { PATH=$PATH:/usr/sbin:/sbin command -v "$1"; }
lib() { pkg-config --exists "$1"; }
runtime() { ls /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*; }

for purpose in "$@"; do
	case $purpose in
	build)
		want gcc has cc
		want libc6-dev test -e /usr/include/stdio.h
		want make has make
		want pkg-config has pkg-config
		want libyaml-dev lib yaml-0.1
		want libpcre2-dev lib libpcre2-8
		want libsqlite3-dev lib sqlite3
		want zlib1g-dev lib zlib
		want libncurses-dev lib ncursesw
		want libisal-dev lib libisal
		want tzdata test -e /usr/share/zoneinfo/Europe/Berlin
		;;
	test)
		want libcmocka-dev lib cmocka
		want python3 has python3
		want tmux has tmux
		;;
	lint)
		want clang-format has clang-format
		want clang-tidy has clang-tidy
		want cppcheck has cppcheck
		want libcmocka-dev lib cmocka
		;;
	fuzz)
		want clang has clang
		want "$(apt-cache search --names-only '^libclang-rt-[0-9]+-dev$' 2>/dev/null |
			sort -V | sed -n '1s/ .*//p' | grep . || echo libclang-rt-14-dev)" runtime
		;;
	real)
		want python3 has python3
		want logrotate at_sbin logrotate
		want nginx at_sbin nginx
		want rsyslog at_sbin rsyslogd
		;;
	bench)
		want python3 has python3
		want jq has jq
		want mawk has mawk
		;;
	*)
		echo "deps.sh: unknown purpose $purpose" >&2
		exit 2
		;;
	esac
done
[ -n "$need" ] || exit 0

echo "installing with apt-get:$need"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
# A service that is wanted only for its program is not started, where nobody has decided that yet.
rule=/usr/sbin/policy-rc.d
if [ ! -e $rule ]; then
	trap '$sudo rm -f $rule' EXIT
	printf '#!/bin/sh\nexit 101\n' | $sudo tee $rule >/dev/null
	$sudo chmod 755 $rule
fi
$sudo apt-get update -qq
# shellcheck disable=SC2086 # a list of words
$sudo apt-get install -y -qq --no-install-recommends $need >/dev/null

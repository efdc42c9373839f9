#!/bin/sh
# The systemd unit as `make install` puts it: right for systemd, for the program, and hardened. Ends
# with 77 where there is no systemd-analyze.
set -u
cd "$(dirname "$0")/.."
rc=0
wrong() {
	echo "$*"
	rc=1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make -s install DESTDIR="$work/dest" PREFIX=/usr SYSCONFDIR=/etc/other || exit 1
unit=$work/dest/usr/lib/systemd/system/tokentail.service
[ -s "$unit" ] || { echo "make install installs no unit"; exit 1; }
grep -q '^ExecStart=/usr/bin/tokentail run -c /etc/other/tokentail/tokentail.yaml$' "$unit" ||
	wrong "$unit: ExecStart has not the paths of the installation"
! grep -n '/usr/local\|/etc/tokentail' "$unit" || wrong "$unit: other paths than those of the installation"
[ "$(stat -c %a "$unit")" = 644 ] || wrong "$unit: not readable for all"

# What the program and the unit have to agree on.
for line in Type=notify Restart=on-failure RestartPreventExitStatus=2 \
	MemoryDenyWriteExecute=no StateDirectory=tokentail ProtectSystem=strict NoNewPrivileges=yes; do
	grep -qxF "$line" "$unit" || wrong "$unit: $line is missing"
done
for call in landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp; do
	grep -q "^SystemCallFilter=.*\b$call\b" "$unit" || wrong "$unit: the sandbox needs $call"
done
# The reload is a command line that the program takes, here without an agent that could do it.
set -- $(sed -n 's/^ExecReload=[^ ]*tokentail //p' "$unit" | sed "s| /etc/other| $work/dest/etc/other|")
[ "${1-}" = reload ] || wrong "$unit: ExecReload is not tokentail reload"
HOME=$work "$work/dest/usr/bin/tokentail" "$@" --db "$work/none.db" >"$work/out" 2>&1
{ [ $? = 1 ] && grep -q 'no agent runs' "$work/out"; } ||
	wrong "$unit: ExecReload: tokentail $*: $(cat "$work/out")"

if ! command -v systemd-analyze >/dev/null; then
	[ "$rc" = 0 ] || exit "$rc"
	echo "no systemd-analyze here (Debian: apt-get install systemd)"
	exit 77
fi

# It looks for the program where the unit says: the copy that was installed, for now.
sed "s|=/usr/bin/|=$work/dest/usr/bin/|" "$unit" >"$work/tokentail.service"
systemd-analyze verify "$work/tokentail.service" >"$work/out" 2>&1 || wrong "systemd-analyze verify fails"
grep -n tokentail "$work/out" && wrong "systemd-analyze verify has something to say"
if systemd-analyze security --help 2>/dev/null | grep -q -- --offline; then
	# In tenths: of 100, which is no protection at all, 15 leaves room for what a later one asks too.
	systemd-analyze security --no-pager --offline=true --threshold=15 "$work/tokentail.service" >"$work/out" 2>&1 ||
		wrong "more exposed than it should be: $(tail -n 1 "$work/out")"
	cat "$work/out"
fi
exit $rc

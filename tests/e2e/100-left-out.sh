# 100-left-out - what is no readable file is left out with its reason, blocks nothing, and the rest is read
. "$(dirname "$0")/lib.sh"

mkdir logs logs/folder.jsonl
calls 1 2 > logs/a.jsonl
calls 3 4 > logs/link-target
mkfifo logs/fifo.jsonl
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("logs/socket.jsonl")'
ln -s link-target logs/link.jsonl
ln -s gone logs/dangling.jsonl
ln -s loop.jsonl logs/loop.jsonl
ln -s /dev/zero logs/device.jsonl
cat > tokentail.yaml <<'YAML'
sources:
  - { name: app, paths: 'logs/*.jsonl', preset: json }
YAML

# A glob that finds such things beside logs is no failure.
backfill -c tokentail.yaml
expect_counts 2 2 0 0 0
expect_json files 1
expect_file logs/a.jsonl read ''
expect_file logs/fifo.jsonl 'left out' 'a FIFO'
expect_file logs/socket.jsonl 'left out' 'a socket'
expect_file logs/link.jsonl 'left out' 'a symbolic link; follow_symlinks: true reads it'
expect_file logs/dangling.jsonl 'left out' 'a dangling symbolic link'
expect_file logs/loop.jsonl 'left out' 'symbolic link'
expect_file logs/device.jsonl 'left out' 'a symbolic link'
expect_status 0 status --db "$DB"
expect_text out 'a FIFO'

# A folder that a glob meets is no log; one that is named is worth a word.
expect_no_text out folder.jsonl
expect_status 1 backfill --preset json --db "$DB" logs/folder.jsonl -q
expect_file logs/folder.jsonl 'left out' 'a directory'
expect_status 1 backfill --preset json --db "$DB" logs/fifo.jsonl -q
expect_status 1 backfill --preset json --db "$DB" /dev/zero -q
expect_file /dev/zero 'left out' 'a device'

# Another run has no second row for them, and with follow_symlinks a link is read.
sed 's/preset: json }/preset: json, follow_symlinks: true }/' tokentail.yaml > links.yaml
backfill -c links.yaml
expect_counts 2 2 0 0 0
expect_file logs/link.jsonl read ''
expect_file logs/device.jsonl 'left out' 'a device'
expect_file logs/dangling.jsonl 'left out' 'a dangling symbolic link'
expect_json files.length 9
expect_total 4 0.0014
adds_up "$DB" 4

# The database is no log, whatever the glob says: what is written by reading would be read.
DB=$T/logs/own.jsonl
backfill --preset json logs/a.jsonl
expect_status 1 backfill --json -q --preset json --db "$DB" 'logs/own.jsonl*' logs/a.jsonl
expect_counts 0 0 0 0 0
expect_file logs/own.jsonl 'left out' "a file of tokentail's own database"
expect_file logs/own.jsonl.lock 'left out' "a file of tokentail's own database"

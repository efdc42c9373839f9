# 830-detect - logs are told; what is printed for them is a configuration that reads the same calls
. "$(dirname "$0")/lib.sh"

# told FILE: `detect` tells it, and what it prints is right; the configuration is in told.yaml.
told() {
	expect_status 0 detect "$1"
	cp out told.yaml
	expect_status 0 check -c told.yaml
}

# reads RECORDS CALLS ...: backfill with told.yaml counts this.
reads() {
	rm -f told.db
	expect_status 0 backfill --json -q -c told.yaml --db told.db
	expect_counts "$@"
	adds_up told.db "$1"
}

# ---- every log of which a preset is known, plain, packed and in the envelopes of containers ----

# named PRESET FILE...: in one run, because each reads all presets.
named() {
	expect_status 0 detect --json "$@"
	_n=0
	for _file in "$@"; do
		expect_json files.$_n.told preset
		_n=$((_n + 1))
	done
	expect_json sources.0.preset "$preset"
	expect_json sources.length 1
}
same_as_preset() {
	rm -f preset.db
	expect_status 0 backfill --json -q --preset "$1" --db preset.db "$2"
	wanted=$(counts)
	expect_status 0 report --db preset.db --json
	cost=$(sed -n 's/^"total":{.*"cost_usd":\([0-9.]*\),.*/\1/p' out)
	told "$2"
	# shellcheck disable=SC2086 # five words
	reads $wanted
	expect_status 0 report --db told.db --json
	expect_text out "\"cost_usd\":$cost"
}
n=0
for log in "$FIX"/logs/*.log; do
	n=$((n + 1)) # LOGS_EVERY=8: every eighth log, where the program is slow
	[ $((n % ${LOGS_EVERY:-1})) -eq 0 ] || continue
	name=$(basename "$log")
	preset=${name%%.*}
	mkdir -p known
	cp "$log" known/plain.log
	gzip -c "$log" > known/packed.gz
	python3 "$ROOT/tests/e2e/wrap.py" docker < "$log" > known/docker.log
	python3 "$ROOT/tests/e2e/wrap.py" cri < "$log" > known/cri.log
	named known/plain.log known/packed.gz known/docker.log known/cri.log
	same_as_preset "$preset" known/plain.log
	rm -r known
done

# ---- logs that nobody described ----

mkdir logs
i=0
while [ $i -lt 20 ]; do
	printf '{"when":"2026-03-01T10:00:%02dZ","llm":{"name":"gpt-4o"},"tok":{"in":%d,"out":10},"ms":900}\n' \
		$i $((100 + i))
	printf '{"when":"2026-03-01T10:00:%02dZ","event":"tick"}\n' $i
	i=$((i + 1))
done > logs/shop.jsonl
told logs/shop.jsonl
expect_text told.yaml "paths: $T/logs/shop.jsonl"
expect_text told.yaml 'model: llm.name'
expect_text told.yaml 'latency: {path: ms, unit: ms}'
expect_text told.yaml '20 calls in 40 records, all with time, model and tokens'
reads 40 20 0 20 0
# (100 + ... + 119 = 2190) x 2.5 + 200 x 10, per million
expect_status 0 report --db told.db --json
expect_text out '"cost_usd":0.007475'

printf '%s\n' 'at=2026-03-01T10:00:00Z mdl=gpt-4o tok.prompt=100 tok.gen=10 dur_ms=812' \
	'at=2026-03-01T10:00:01Z lvl=info msg="no call"' > logs/pairs.log
told logs/pairs.log
expect_text told.yaml 'format: logfmt'
reads 2 1 0 1 0

cat > logs/words.log <<'LOG'
2026-03-01 10:00:00,123 - llm - INFO - Called gpt-4o: 800 prompt tokens, 100 completion tokens in 1.5s
2026-03-01 10:00:01,223 - web - INFO - GET /x 200 in 12ms
2026-03-01 10:00:02,123 - llm - INFO - Called claude-haiku-4-5: 900 prompt tokens, 10 completion tokens
LOG
told logs/words.log
expect_text told.yaml 'format: text'
reads 3 2 0 1 0
expect_status 0 report --db told.db --json
expect_json rows.0.latency_ms.avg 1500

# In envelopes the time may be theirs alone.
sed 's/"when":"[^"]*",//' logs/shop.jsonl > untimed
expect_status 3 detect untimed
expect_text out 'time: {from: received}'
python3 "$ROOT/tests/e2e/wrap.py" docker < untimed > logs/shop.docker
told logs/shop.docker
expect_no_text told.yaml 'received'
reads 40 20 0 20 0
rm logs/shop.docker

# ---- folders, globs, rotation: few paths, and none that takes another's ----

calls 1 3 > logs/app.log
calls 4 6 > logs/app.log.1
calls 7 9 | gzip > logs/app.log.2.gz
echo 'a note' > logs/README
told logs
expect_text told.yaml "paths: $T/logs/app.log*"
expect_no_text told.yaml "$T/logs/**"
expect_text told.yaml '# logs/README: no model call in its 1 record'
reads 54 32 0 22 0

mkdir -p deep/a/b
calls 1 3 > deep/a/one.jsonl
calls 4 6 > deep/a/b/two.jsonl
echo 'a note' > deep/README
told deep
expect_text told.yaml "$T/deep/**"
reads 7 6 0 0 1
told 'deep/a/*'
expect_text told.yaml "$T/deep/a/*"
expect_status 0 detect -q logs/app.log logs/app.log.1
expect_text out "$T/logs/app.log*"
expect_no_text out '#'

# The logs of Kubernetes' pods are links; those in a folder are left alone.
mkdir pods
calls 1 3 > pods-shop
python3 "$ROOT/tests/e2e/wrap.py" cri < pods-shop > pods/real
ln -s real pods/shop.log
told 'pods/*.log'
expect_text told.yaml "paths: $T/pods/*.log"
expect_text told.yaml 'follow_symlinks: true'
reads 3 3 0 0 0
told pods/shop.log
reads 3 3 0 0 0
told pods
expect_text told.yaml "paths: $T/pods/**"
expect_no_text told.yaml '    follow_symlinks'
reads 3 3 0 0 0
expect_status 0 backfill --db pods.db 'pods/*.log'
expect_text out '3 records = 3 calls'

# ---- what cannot be told ----

expect_status 3 detect logs/README
expect_text out 'no model call in its 1 record'
expect_status 3 detect logs/app.log logs/README
expect_text out 'preset: json'
expect_status 3 detect gone.log
expect_one_line
expect_text err 'gone.log: no such file'
printf '{"ts":"2026-03-01T10:00:00Z","model":"gpt-4o","tokens":123}\n' > total.log
expect_status 3 detect total.log
expect_text out 'TODO input_tokens: not found'
expect_text out 'A total stands at tokens'
cp out partly.yaml
expect_status 0 check -c partly.yaml
expect_status 2 detect
expect_one_line

# A call far down is found.
awk 'BEGIN { for (i = 0; i < 30000; i++) print "{\"time\":\"2026-03-01T10:00:00Z\",\"msg\":\"nothing of the kind\"}" }' > rare.log
calls 1 1 >> rare.log
told rare.log
reads 30001 1 0 30000 0

# Standard input.
expect_status 0 detect - < logs/app.log
expect_text out "paths: '-'"

# ---- --write ----

expect_status 0 detect logs/app.log --write new.yaml
expect_text out 'Written to new.yaml'
expect_status 0 check -c new.yaml
cp new.yaml before
expect_status 1 detect logs/words.log --write new.yaml
expect_one_line
expect_text err 'new.yaml: is there already and is not overwritten'
cmp -s new.yaml before || fail 'detect --write wrote over a file'
ln -s nowhere.yaml link.yaml
expect_status 1 detect logs/app.log --write link.yaml
[ ! -e nowhere.yaml ] || fail 'detect --write followed a link'
expect_status 3 detect logs/README --write none.yaml
[ ! -e none.yaml ] || fail 'detect --write wrote nothing to a file'

# ---- strangers' names and text ----

mkdir odd
for name in 'a b' "it's" 'x: y # z' '${HOME}' '[1]*?.log' "$(printf 'two\nlines')" "$(printf 'red\033[31m')" \
	"$(printf 'bytes\377')" '-q' "back\\slash"; do
	calls 1 2 > "odd/$name"
	expect_status 0 detect -- "odd/$name"
	cp out told.yaml
	! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177\377]')" told.yaml || fail "$name is printed as it is"
	expect_status 0 check -c told.yaml
	reads 2 2 0 0 0
done
told odd
reads 2 2 0 0 0 # the same content in ten files counts once

printf '{"ts":"2026-03-01T10:00:00Z","m\\u001b[2J\\nodel: x":"gpt-4o\\u001b]0;t\\u0007","${HOME}":{"in tok":1,"out '\''tok'\''":2},"user":"\\u202eevil\\n# x"}\n' > hostile.log
told hostile.log
! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" told.yaml || fail 'log text is printed as it is'
reads 1 1 0 0 0

# ---- backfill without anything said ----

DB=$T/detected.db
expect_status 0 backfill --db "$DB" logs
expect_text err 'shop: no preset fits; fields found (100 %), 1 file'
expect_text err 'json: preset json, likely (100 %), 3 files'
expect_text err '1 file without a model call left out'
expect_text out '54 records = 32 calls'
adds_up "$DB" 54
backfill logs
expect_counts 0 0 0 0 0
expect_status 1 backfill --db "$DB" logs/README
expect_text err 'logs/README: no model call in its 1 record'
expect_text err 'nothing to read'
expect_status 1 backfill --db "$DB" total.log
expect_text err 'total.log: cannot be told; `tokentail detect` shows what was found'
expect_status 0 backfill --db "$DB" total.log deep
expect_text err 'total.log: cannot be told'
expect_status 1 backfill --db "$DB" gone.log deep
expect_text err 'gone.log: no such file'
expect_status 1 backfill --db "$DB" - < logs/app.log
expect_one_line
expect_text err 'standard input can be read only once'

# Broken and empty files do not stop it.
: > logs/empty.log
calls 1 4000 | gzip | head -c 5000 > logs/broken.gz
expect_status 0 detect logs
expect_text out '# logs/empty.log: empty'

# A preset of the user's own is tried too.
mkdir -p .config/tokentail/presets
cat > .config/tokentail/presets/house.yaml <<'END2'
about: our house log
format: json
detect: [{path: house, exists: true}]
fields: {time: when, model: which, input_tokens: a, output_tokens: b}
END2
printf '{"when":"2026-03-01T10:00:0%dZ","which":"gpt-4o","a":10,"b":1,"house":1}\n' 1 2 3 > house.log
told house.log
expect_text told.yaml 'house: preset house, sure (100 %)'
reads 3 3 0 0 0
printf 'format: jsno\n' > .config/tokentail/presets/broken.yaml
expect_status 0 detect house.log
expect_one_line
expect_text err 'warning: a preset is left out: '
expect_text err 'broken.yaml:1: format: '

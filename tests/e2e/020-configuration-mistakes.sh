# 020-configuration-mistakes - each mistake: status 2, one line with file, line, key and what was expected
. "$(dirname "$0")/lib.sh"

# mistake LINE TEXT: of the configuration on standard input, for each command that reads it.
mistake() {
	cat > tokentail.yaml
	for command in check backfill; do
		expect_status 2 $command --db "$DB"
		expect_one_line
		expect_text err "tokentail: tokentail.yaml:$1: "
		expect_text err "$2"
		[ ! -s out ] || fail "$command prints to stdout"
	done

}

mistake 1 'databse: unknown key `databse`; did you mean `database`?' <<'END_OF_CONFIGURATION'
databse: x.db
END_OF_CONFIGURATION
mistake 4 'sources[0].fromat: unknown key `fromat`; did you mean `format`?' <<'END_OF_CONFIGURATION'
sources:
  - name: app
    paths: app.log
    fromat: json
END_OF_CONFIGURATION
mistake 3 'timezone: given twice, first in line 1' <<'END_OF_CONFIGURATION'
timezone: UTC
database: x.db
timezone: Europe/Berlin
END_OF_CONFIGURATION
mistake 3 'sources[0].paths: expected a path or glob, or a list of them, found a map' <<'END_OF_CONFIGURATION'
sources:
  - name: app
    paths: { glob: app.log }
    preset: json
END_OF_CONFIGURATION
mistake 2 'keep.calls: expected a duration' <<'END_OF_CONFIGURATION'
keep:
  calls: 90
END_OF_CONFIGURATION
mistake 4 'patterns' <<'END_OF_CONFIGURATION'
sources:
  - name: app
    paths: app.log
    patterns: '(?<time>\S+) (?<model>'
END_OF_CONFIGURATION
mistake 5 'only' <<'END_OF_CONFIGURATION'
sources:
  - name: app
    paths: app.log
    preset: json
    only: [{ pattern: 'call [' }]
END_OF_CONFIGURATION
mistake 6 'model: path "a[0"' <<'END_OF_CONFIGURATION'
sources:
  - name: app
    paths: app.log
    fields:
      time: ts
      model: 'a[0'
END_OF_CONFIGURATION
mistake 4 'sources[0].preset: unknown preset `litelm`; did you mean `litellm`?' <<'END_OF_CONFIGURATION'
sources:
  - name: app
    paths: app.log
    preset: litelm
END_OF_CONFIGURATION
mistake 1 'timezone: ' <<'END_OF_CONFIGURATION'
timezone: Mars/Olympus
END_OF_CONFIGURATION
mistake 2 'not YAML' <<'END_OF_CONFIGURATION'
database: [x.db
sources: {
END_OF_CONFIGURATION

# A price book that is not there, and a price that is none.
printf 'prices:\n  books: [gone.yaml]\n' > tokentail.yaml
expect_status 2 check
expect_one_line
expect_text err 'tokentail.yaml'
expect_text err 'prices.books: gone.yaml: cannot be read'
printf 'prices:\n  own: [{ provider: acme, name: rocket, prices: [{ input: cheap, output: 2 }] }]\n' > tokentail.yaml
expect_status 2 check
expect_one_line
expect_text err 'tokentail.yaml:2: '
expect_text err 'input'

# A folder, and bytes that are no text.
mkdir folder.yaml
expect_status 2 check -c folder.yaml
expect_one_line
expect_text err 'folder.yaml'
printf 'database: \377\376\n' > bytes.yaml
expect_status 2 check -c bytes.yaml
expect_one_line
expect_text err 'bytes.yaml:1: '

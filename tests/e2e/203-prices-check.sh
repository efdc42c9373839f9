# 203-prices-check - what is odd in a book is named with its place and ends with 3, a mistake with 2
. "$(dirname "$0")/lib.sh"

expect_status 0 prices check
expect_text out 'no mistakes.'
expect_status 0 prices check --json
expect_json findings.length 0

cat > odd.yaml <<'YAML'
provider: acme
models:
  - name: m
    prices:
      - {input: 3, cache_read: 30, output: 15}
  - {name: none, prices: [{input: 0, output: 0}]}
YAML
expect_status 3 prices check odd.yaml
expect_text out 'odd.yaml:5: acme/m: cache_read: 30 is odd beside input 3; a cache read is not dearer'
expect_text out 'odd.yaml:6: acme/none: prices: costs nothing; `free: true` says that it is meant'
expect_text out '2 prices of 2 models, 2 to look at.'
expect_status 3 prices check --json odd.yaml
expect_json findings.length 2
expect_json findings.1.key prices
expect_json findings.1.line 6

# In use, it is found too; and more than a dollar a token is no price at all.
printf 'sources: [{name: app, paths: x, preset: json}]\nprices: {books: [odd.yaml]}\n' > tokentail.yaml
expect_status 3 prices check -c tokentail.yaml
expect_text out 'odd.yaml:5: acme/m'
printf 'provider: acme\nmodels:\n  - {name: m, prices: [{input: 3000000}]}\n' > dear.yaml
expect_status 2 prices check dear.yaml
expect_text err 'dear.yaml:3: input: more than $1 a token; the price is per million tokens'

# A router's label is no model, unless the configuration says what it is.
expect_status 3 prices show openrouter/auto
expect_text out 'a router'
printf 'sources: [{name: app, paths: x, preset: json}]\naliases: {auto: gpt-4o}\nunknown_model: {price_as: gpt-4o}\n' > tokentail.yaml
expect_status 0 prices show openrouter/auto -c tokentail.yaml
expect_text out 'alias auto, gpt-4o in openai'
expect_status 3 prices show unknown -c tokentail.yaml
expect_status 0 prices show other-model -c tokentail.yaml

#!/bin/sh
# What people write today in a shell: jq makes columns of JSON, awk adds them up by day and model;
# for the text sets awk alone.
#
#     jq_awk.sh a|b|c|d FILE
#
# FILE may be gzipped. Prints calls, input, output and cached tokens, summed over the groups.
set -eu

open() {
	case $1 in
	*.gz) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac
}

sum_columns='
	{ k = $1 " " $2; calls[k]++; input[k] += $3; output[k] += $4; cached[k] += $5 }
	END {
		for (k in calls) { n += calls[k]; i += input[k]; o += output[k]; c += cached[k] }
		printf "%.0f %.0f %.0f %.0f\n", n, i, o, c
	}'

# field=value pairs after the quoted message.
sum_pairs='
	/msg="llm call"/ {
		for (f = 4; f <= NF; f++) { at = index($f, "="); v[substr($f, 1, at - 1)] = substr($f, at + 1) }
		k = substr($1, 6, 10) " " v["model"]
		calls[k]++; input[k] += v["prompt_tokens"]; output[k] += v["completion_tokens"]
		cached[k] += v["cached_tokens"]
	}
	END {
		for (k in calls) { n += calls[k]; i += input[k]; o += output[k]; c += cached[k] }
		printf "%.0f %.0f %.0f %.0f\n", n, i, o, c
	}'

case $1 in
a)
	open "$2" | jq -r '[(.endTime | floor | todate[:10]), .model, .prompt_tokens, .completion_tokens,
		.metadata.usage_object.prompt_tokens_details.cached_tokens] | @tsv' | awk "$sum_columns"
	;;
b)
	open "$2" | jq -r '[.ts[:10], .model, .usage.prompt_tokens, .usage.completion_tokens,
		.usage.cached_tokens] | @tsv' | awk "$sum_columns"
	;;
*)
	open "$2" | awk "$sum_pairs"
	;;
esac

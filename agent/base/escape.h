/*
 * Text that came from a log, made safe for where it is shown. Log text is written by strangers.
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include "agent/base/buf.h"

/* For a terminal or a log: control characters (C0, DEL, C1), bidirectional controls and bytes that
 * are not UTF-8 become \xNN or \u{NNNN}. */
void escape_terminal(struct buf *out, struct str text);
/* A JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD. */
void escape_json(struct buf *out, struct str text);
/* A CSV field: quoted where needed; a leading = + - @ tab or CR gets a ' so that no spreadsheet
 * runs it; control characters as for a terminal. */
void escape_csv(struct buf *out, struct str text);
/* A Markdown table cell: as for a terminal, with | \ ` * _ < > & [ ] escaped. */
void escape_markdown(struct buf *out, struct str text);
/*
 * A YAML scalar that is read as this text: as it is where nothing in it means anything to YAML
 * (also within {} and []), in quotes otherwise. False, and nothing is appended: bytes that are not
 * UTF-8, or a NUL, which YAML cannot hold.
 */
bool escape_yaml(struct buf *out, struct str text);
/* A YAML comment's text, without the #; on one line whatever it is. */
void escape_yaml_comment(struct buf *out, struct str text);
/* Columns a terminal needs for escaped UTF-8 text (wide East Asian characters take two). */
size_t text_columns(struct str text);
/* Valid UTF-8, at most `max` bytes, whole characters; bad bytes become U+FFFD. Appends to out. */
void utf8_clean(struct buf *out, struct str text, size_t max);
/* Bytes of the character of UTF-8 that `text` (not empty) begins with; 0: it is none. */
size_t utf8_length(struct str text);
/* Whether it is ASCII without controls: then utf8_clean would change nothing. The usual case. */
bool text_is_plain(struct str text);

#endif

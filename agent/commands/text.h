/* Numbers as people read them. */
#ifndef COMMANDS_TEXT_H
#define COMMANDS_TEXT_H

#include <stdint.h>

enum { TEXT_SIZE = 24, TEXT_COUNT = 32, TEXT_COST = 64 };

/* Bytes: "812 B", "1.4 MB", powers of 1000. */
void text_size(char out[TEXT_SIZE], int64_t bytes);
/* With thousands separators: "1,234,567". */
void text_count(char out[TEXT_COUNT], int64_t n);
/* Nano-dollars to the cent, or to as many places as show two digits where it is smaller:
 * "$1,234.50", "$0.0031", "$0.00". Rounded half-even. */
void text_cost(char out[TEXT_COST], int64_t nano);

#endif

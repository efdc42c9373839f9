/* 128-bit integers, which gcc and clang have on every 64-bit machine and ISO C does not name. */
#ifndef BASE_WIDE_H
#define BASE_WIDE_H

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 uwide;

#endif

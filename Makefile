# tokentail - build, test and install.  `make help` lists the targets.
#
# What a packager may set:  CC CFLAGS CPPFLAGS LDFLAGS PREFIX SYSCONFDIR UNITDIR DESTDIR PKG_CONFIG
# What a developer may set: SAN=address,undefined  WERROR=1  V=1  WRAP='valgrind -q'  FAST=

CC         ?= cc
PKG_CONFIG ?= pkg-config
PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
# Of systemd's services; both it and /usr/local/lib/systemd/system are looked through.
UNITDIR    ?= $(PREFIX)/lib/systemd/system
INSTALL    ?= install
CFLAGS     ?= -O2 -g

DEPS       := yaml-0.1 libpcre2-8 sqlite3 zlib ncursesw
# Used where it is found; ISAL= builds without it.
ISAL       ?= $(shell $(PKG_CONFIG) --exists libisal 2>/dev/null && echo libisal)
TEST_DEPS  := cmocka
VERSION    := $(shell cat VERSION)

# One object tree per flavour, so that sanitized and plain objects never meet.
comma      := ,
B          ?= build/$(if $(SAN),san-$(subst $(comma),-,$(SAN)),release)

STD        := -std=c17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
WARN       := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
              -Wformat=2 -Wvla -Wundef -Wcast-qual -Wwrite-strings \
              -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
              -Wimplicit-fallthrough -Wnull-dereference \
              $(if $(WERROR),-Werror)
HARDEN     := $(if $(SAN),,-D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE)
HARDEN_LD  := $(if $(SAN),,-pie -Wl,-z,relro,-z,now)
SANFLAGS   := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)

# Asked once; `deps` installs before a second make reads this.
DEP_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(DEPS) $(ISAL) 2>/dev/null)
DEP_LIBS   := $(shell $(PKG_CONFIG) --libs $(DEPS) $(ISAL) 2>/dev/null)

ALL_CPPFLAGS = -I. -DTOKENTAIL_VERSION='"$(VERSION)"' -DSYSCONFDIR='"$(SYSCONFDIR)"' \
               $(if $(ISAL),-DHAVE_ISAL) \
               $(DEP_CFLAGS) $(TEST_CFLAGS) $(CPPFLAGS)
# Hidden: a function of ours that has the name of one inside a library must not take its place.
ALL_CFLAGS   = $(STD) $(WARN) $(HARDEN) $(SANFLAGS) -fvisibility=hidden -pthread $(CFLAGS)
ALL_LDFLAGS  = $(HARDEN_LD) $(SANFLAGS) -pthread $(LDFLAGS)
LIBS         = $(DEP_LIBS) -lm

SRC   := $(sort $(wildcard agent/*.c agent/*/*.c parsers/*.c))
EMBED := $(sort $(wildcard conf/presets/*.yaml conf/prices/*.yaml conf/manual/*.md agent/ledger/*.sql))
OBJ   := $(SRC:%.c=$(B)/%.o) $(B)/embedded.o
CORE  := $(filter-out $(B)/agent/main.o,$(OBJ))
UNIT  := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/unit/test_*.c)))
E2E   := $(sort $(wildcard tests/e2e/[0-9]*.sh tests/e2e/[0-9]*.py))
# What several unit tests share.
HELPERS := $(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c))
FUZZ  := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
BIN   := $(B)/tokentail

# The program is compiled as one piece (a tenth faster, as measured); tests link plain objects, which
# is quicker to build.  FAST= builds the program of those too.
FAST  ?= $(if $(SAN),,-O3 -flto=auto)
PROGRAM := $(if $(FAST),$(SRC:%.c=$(B)/program/%.o) $(B)/embedded.o,$(OBJ))

ifneq ($(V),1)
Q   := @
say  = @printf '  %-6s %s\n' $(1) $(2)
endif

all: tokentail ## build ./tokentail

tokentail: $(BIN)
	$(Q)cp $< $@

$(BIN): $(PROGRAM)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(FAST) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/program/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(FAST) -MMD -MP -c -o $@ $<

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# conf/ and the schema as part of the program: one assembler .incbin per file and the table of them.
$(B)/embedded.c: $(EMBED) Makefile
	@mkdir -p $(@D)
	$(Q){ printf '#include "agent/config/embedded.h"\n'; \
	i=0; for f in $(EMBED); do \
	  printf '__asm__(".section .rodata\\n.global embed_%d\\nembed_%d:\\n.incbin \\"%s\\"\\n' $$i $$i $$f; \
	  printf '.global embed_end_%d\\nembed_end_%d:\\n.byte 0\\n.previous");\n' $$i $$i; \
	  printf 'extern const char embed_%d[], embed_end_%d[];\n' $$i $$i; i=$$((i+1)); done; \
	printf 'const struct embedded embedded_files[] = {\n'; \
	i=0; for f in $(EMBED); do n=$${f#conf/}; n=$${n#agent/ledger/}; \
	  printf '\t{"%s", embed_%d, embed_end_%d},\n' $$n $$i $$i; i=$$((i+1)); done; \
	printf '\t{0, 0, 0},\n};\n'; } > $@

$(B)/embedded.o: $(B)/embedded.c
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# ---- tests: each unit test is a program over all of the product but main.o ----

TEST_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(TEST_DEPS) 2>/dev/null)
TEST_LIBS   := $(shell $(PKG_CONFIG) --libs $(TEST_DEPS) 2>/dev/null)

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(HELPERS:%.c=$(B)/%.o) $(B)/core.a
	$(call say,TEST,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(TEST_LIBS)

$(B)/core.a: $(CORE)
	$(Q)rm -f $@ && ar rc $@ $^

unit: $(UNIT) ## run the unit tests; WRAP='valgrind -q --error-exitcode=9' wraps each
	$(Q)tests/run.sh unit $(UNIT)

e2e: $(BIN) ## run the end-to-end tests on the built program
	$(Q)TOKENTAIL=$(abspath $(BIN)) tests/run.sh e2e $(E2E)

check: ## install what tests need, build, run unit and end-to-end tests
	$(Q)tests/deps.sh build test
	$(Q)$(MAKE) --no-print-directory all
	$(Q)$(MAKE) --no-print-directory unit
	$(Q)$(MAKE) --no-print-directory e2e

check-asan: ## the same tests under address and undefined-behaviour sanitizers
	$(Q)tests/deps.sh build test
	$(Q)$(MAKE) --no-print-directory SAN=address,undefined CFLAGS='-O1 -g' WERROR=$(WERROR) unit
	$(Q)$(MAKE) --no-print-directory SAN=address,undefined CFLAGS='-O1 -g' WERROR=$(WERROR) KILLS=20 SEEDS=1 LOGS_EVERY=8 WAYS=1 FILES=2000 e2e

check-tsan: ## the end-to-end tests under the thread sanitizer
	$(Q)tests/deps.sh build test
	$(Q)$(MAKE) --no-print-directory SAN=thread CFLAGS='-O1 -g' KILLS=10 e2e

check-real: ## follow the real logrotate, nginx, rsyslog and Python's handlers
	$(Q)tests/deps.sh build test real
	$(Q)$(MAKE) --no-print-directory $(BIN)
	$(Q)TOKENTAIL=$(abspath $(BIN)) python3 -B tests/faults/real/all.py

check-duckdb: ## read an archive with DuckDB, which npm gives
	$(Q)tests/deps.sh build test
	$(Q)$(MAKE) --no-print-directory $(BIN)
	$(Q)TOKENTAIL=$(abspath $(BIN)) tests/run.sh e2e tests/duckdb/check.sh

soak: $(BIN) ## follow 200 growing logs for SOAK_SECONDS (600) and watch memory and lag
	$(Q)TOKENTAIL=$(abspath $(BIN)) tests/faults/soak.py

plays: $(BIN) ## play writer, rotator and murderer PLAYS (1000) times from seed FIRST (1), OPS (40) events each
	$(Q)TOKENTAIL=$(abspath $(BIN)) python3 -B tests/faults/play.py --seeds $(or $(PLAYS),1000) \
		--first $(or $(FIRST),1) --ops $(or $(OPS),40)

# ---- fuzzers: one per door, seeds in fixtures/fuzz/DOOR ----

FUZZ_SECS  ?= 60
FUZZ_CC    ?= $(firstword $(shell command -v clang clang-14 clang-18 2>/dev/null) clang)
FB         := build/fuzz

$(FB)/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(ALL_CPPFLAGS) $(STD) -g -O1 -fsanitize=fuzzer-no-link,address,undefined \
	    -fno-sanitize-recover=all -MMD -MP -c -o $@ $<

$(FB)/core.a: $(patsubst $(B)/%,$(FB)/%,$(filter-out $(B)/embedded.o,$(CORE))) $(B)/embedded.o
	$(Q)rm -f $@ && ar rc $@ $^

$(FB)/fuzz_%: tests/fuzz/fuzz_%.c $(FB)/core.a
	$(call say,FUZZ,$*)
	$(Q)$(FUZZ_CC) $(ALL_CPPFLAGS) $(STD) -g -O1 -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=all -pthread -o $@ $^ $(LIBS)

fuzz: ## run every fuzzer for FUZZ_SECS seconds (60)
	$(Q)tests/deps.sh build fuzz
	$(Q)$(MAKE) --no-print-directory $(FUZZ:%=$(FB)/fuzz_%)
	$(Q)tests/run.sh fuzz $(FUZZ:%=$(FB)/fuzz_%) -- $(FUZZ_SECS)

# ---- lint: the architecture and the documents are checked like code ----

CODE := $(sort $(wildcard agent/*.[ch] agent/*/*.[ch] parsers/*.[ch] tests/*/*.[ch]))

lint: ## formatting, layers, documents, the systemd unit, cppcheck, clang-tidy
	$(Q)tests/deps.sh build lint
	$(Q)$(MAKE) --no-print-directory $(BIN)
	$(Q)JOBS=1 tests/run.sh lint check-format check-layers check-docs check-service check-cppcheck \
	    check-tidy

check-format:
	$(Q)clang-format --dry-run -Werror $(CODE)
check-layers:
	$(Q)tests/check-layers.sh
check-docs: $(BIN)
	$(Q)TOKENTAIL=$(BIN) tests/check-docs.sh
check-service: $(BIN)
	$(Q)tests/check-service.sh
check-cppcheck:
	$(Q)cppcheck -q -j 2 --std=c11 --enable=warning,performance,portability --inline-suppr \
	    --error-exitcode=1 -I. agent parsers
check-tidy:
	@mkdir -p build/tidy
	$(Q)printf '%s\n' $(STD) -I$(CURDIR) $(DEP_CFLAGS) $(TEST_CFLAGS) $(if $(ISAL),-DHAVE_ISAL) \
	    '-DTOKENTAIL_VERSION="0"' '-DSYSCONFDIR="/etc"' > build/tidy/compile_flags.txt
	$(Q)printf '%s\n' $(SRC) | xargs -P 2 -n 6 sh -c 'clang-tidy -quiet -p build/tidy "$$@" 2>/dev/null' sh

# ---- what a newcomer runs ----

demo: ## install what is missing, build, read the fixture logs, print the report
	$(Q)tests/deps.sh build
	$(Q)$(MAKE) --no-print-directory all
	$(Q)rm -rf build/demo && mkdir -p build/demo
	$(Q)./tokentail backfill -c fixtures/demo/tokentail.yaml --db build/demo/tokentail.db
	$(Q)echo; ./tokentail report -c fixtures/demo/tokentail.yaml --db build/demo/tokentail.db

bench: ## measure against peers on made data: BENCH_MB=200 BENCH_SETS=a,b,c,d BENCH_PEERS=...
	$(Q)tests/deps.sh build bench
	$(Q)$(MAKE) --no-print-directory all $(B)/tests/bench/generate $(B)/tests/bench/insert_limit
	$(Q)python3 -B tests/bench/bench.py --bin $(B)/tests/bench
	$(Q)$(MAKE) --no-print-directory bench-prices

bench-prices: ## price ten million calls and print how long it took
	$(Q)tests/deps.sh build
	$(Q)$(MAKE) --no-print-directory $(B)/tests/bench/price
	$(Q)$(B)/tests/bench/price

bench-archive: $(BIN) ## archive all but 90 of ARCHIVE_DAYS days (100) of ARCHIVE_CALLS calls (100000)
	$(Q)python3 tests/bench/archive.py $(BIN) $(or $(ARCHIVE_DAYS),100) $(or $(ARCHIVE_CALLS),100000)

$(B)/tests/bench/price: $(B)/tests/bench/price.o $(B)/core.a
	$(call say,BENCH,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

bench-follow: ## measure `run`: latency, idling, throughput, kill -9; BENCH_FOLLOW=latency,idle,...
	$(Q)tests/deps.sh build bench
	$(Q)$(MAKE) --no-print-directory $(BIN) $(B)/tests/bench/generate
	$(Q)TOKENTAIL=$(abspath $(BIN)) python3 -B tests/bench/follow.py --bin $(B)/tests/bench

$(B)/tests/bench/generate: tests/bench/shapes.h
$(B)/tests/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(LIBS)

deps: ## install Debian packages: for building, testing, linting, fuzzing, benchmarks
	$(Q)tests/deps.sh build test lint fuzz bench real

install: $(BIN) ## install under DESTDIR and PREFIX
	$(INSTALL) -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/tokentail/presets \
	    $(DESTDIR)$(PREFIX)/share/tokentail/prices $(DESTDIR)$(PREFIX)/share/tokentail/manual \
	    $(DESTDIR)$(SYSCONFDIR)/tokentail $(DESTDIR)$(UNITDIR)
	$(INSTALL) -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/tokentail
	$(INSTALL) -m 644 conf/presets/*.yaml $(DESTDIR)$(PREFIX)/share/tokentail/presets/
	$(INSTALL) -m 644 conf/prices/*.yaml $(DESTDIR)$(PREFIX)/share/tokentail/prices/
	$(INSTALL) -m 644 conf/manual/*.md $(DESTDIR)$(PREFIX)/share/tokentail/manual/
	[ -e $(DESTDIR)$(SYSCONFDIR)/tokentail/tokentail.yaml ] || \
	    $(INSTALL) -m 644 conf/tokentail.yaml $(DESTDIR)$(SYSCONFDIR)/tokentail/tokentail.yaml
	sed -e 's|/usr/local|$(PREFIX)|g; s|/etc/tokentail|$(SYSCONFDIR)/tokentail|g' \
	    conf/systemd/tokentail.service > $(DESTDIR)$(UNITDIR)/tokentail.service
	chmod 644 $(DESTDIR)$(UNITDIR)/tokentail.service

clean: ## remove what was built
	rm -rf build tokentail

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1 \t\2/p' Makefile | expand -t 16

.PHONY: all unit e2e check check-asan check-tsan check-real soak plays fuzz lint check-format check-layers \
        check-docs check-service check-cppcheck check-tidy check-duckdb demo bench bench-prices bench-archive \
        bench-follow deps install clean help
.DELETE_ON_ERROR:
.PRECIOUS: $(B)/%.o $(B)/program/%.o $(FB)/%.o
-include $(OBJ:.o=.d) $(PROGRAM:.o=.d) $(UNIT:=.d) $(HELPERS:%.c=$(B)/%.d)
-include $(wildcard $(FB)/*/*.d $(FB)/*/*/*.d)

# tokentail - build, test and install.  `make help` lists the targets.
#
# What a packager may set:  CC CFLAGS CPPFLAGS LDFLAGS PREFIX SYSCONFDIR DESTDIR PKG_CONFIG
# What a developer may set: SAN=address,undefined  WERROR=1  V=1  WRAP='valgrind -q'

CC         ?= cc
PKG_CONFIG ?= pkg-config
PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
INSTALL    ?= install
CFLAGS     ?= -O2 -g

DEPS       := yaml-0.1 libpcre2-8 sqlite3 zlib
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

ALL_CPPFLAGS = -I. -DTOKENTAIL_VERSION='"$(VERSION)"' -DSYSCONFDIR='"$(SYSCONFDIR)"' \
               $(shell $(PKG_CONFIG) --cflags $(DEPS)) $(CPPFLAGS)
ALL_CFLAGS   = $(STD) $(WARN) $(HARDEN) $(SANFLAGS) -pthread $(CFLAGS)
ALL_LDFLAGS  = $(HARDEN_LD) $(SANFLAGS) -pthread $(LDFLAGS)
LIBS         = $(shell $(PKG_CONFIG) --libs $(DEPS)) -lm

SRC   := $(sort $(wildcard agent/*.c agent/*/*.c parsers/*.c))
EMBED := $(sort $(wildcard conf/presets/*.yaml conf/prices/*.yaml agent/ledger/schema.sql))
OBJ   := $(SRC:%.c=$(B)/%.o) $(B)/embedded.o
CORE  := $(filter-out $(B)/agent/main.o,$(OBJ))
UNIT  := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/unit/test_*.c)))
E2E   := $(sort $(wildcard tests/e2e/[0-9]*.sh))
FUZZ  := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
BIN   := $(B)/tokentail

ifneq ($(V),1)
Q   := @
say  = @printf '  %-6s %s\n' $(1) $(2)
endif

all: tokentail ## build ./tokentail

tokentail: $(BIN)
	$(Q)cp $< $@

$(BIN): $(OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/%.o: %.c
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

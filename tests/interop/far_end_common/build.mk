# What the Makefile of a far end includes, after OUT, SOURCES (its own) and LIBRARIES.
CC ?= gcc
CFLAGS ?= -O2 -g
COMMON := $(dir $(lastword $(MAKEFILE_LIST)))
ALL = $(SOURCES) $(addprefix $(COMMON),main.c options.c calls.c voice.c line.c report.c)

$(OUT): $(ALL) $(COMMON)far_end.h $(COMMON)build.mk Makefile
	@mkdir -p $(dir $(OUT))
	$(CC) -std=gnu11 -Wall -Wextra -Wno-unused-parameter $(CFLAGS) -o $(OUT).$$$$ $(ALL) $(LIBRARIES) -lspandsp -lm \
		&& mv $(OUT).$$$$ $(OUT)

# SPDX-License-Identifier: GPL-2.0
#
#   make                 the module for the running kernel (or KDIR=) and the tools
#   make modules O=DIR   the same and the test modules out of source: the .ko
#                        files land in DIR.  KDIR= and ARCH= as usual; several
#                        kernels can be built side by side and at the same time
#   make check, soak, demo, bench    run things in guests, see README.md
#
# W=1 and C=1 (sparse) mean what they mean in the kernel's own makefiles.

VERSION := 0.1.0
MODULE  := iscsi_erl2
DRIVER  := drivers/scsi/$(MODULE)

PREFIX  ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin

# A machine whose own kernel has no headers installed (a container, or a
# kernel that loads no modules) builds for the newest headers there are.
ifndef KDIR
KDIR := $(wildcard /lib/modules/$(shell uname -r)/build)
ifeq ($(KDIR),)
KDIR := $(shell ls -d /lib/modules/*/build/Makefile 2>/dev/null | sort -V | \
	  tail -n 1 | xargs -r dirname)
KDIR_NOTE := no headers for the running kernel $(shell uname -r): building for $(KDIR)
endif
endif

# What that kernel's uname -r says; Debian's headers keep it nowhere else.
RELEASE = $(shell sed -n 's/^.define UTS_RELEASE "\(.*\)"/\1/p' \
	  $(KDIR)/include/generated/utsrelease.h)

all: module tools

headers:
	@if [ ! -e "$(KDIR)/Makefile" ]; then \
		arch=$$(dpkg --print-architecture 2>/dev/null || uname -m); \
		echo "No kernel headers found$(if $(KDIR), in $(KDIR)). Install them, for instance:" >&2; \
		echo "	apt-get install linux-headers-$$arch" >&2; \
		echo "or name a kernel build directory: make KDIR=/path" >&2; \
		exit 1; \
	fi
	$(if $(KDIR_NOTE),@echo "$(KDIR_NOTE)")

# O= is ours; to the kernel's Makefile it would name the kernel's own output, and
# an empty one as well.
MAKEOVERRIDES := $(filter-out O=%,$(MAKEOVERRIDES))

module: headers
	+$(MAKE) -C $(KDIR) M=$(CURDIR) modules

# kbuild puts objects beside their sources.  The sources are therefore mirrored
# into O as symbolic links, afresh each time so that no removed file lingers
# (make looks through the links at the sources' times), and built there.
modules: headers
	$(if $(O),,$(error make modules needs O=<directory>))
	@mkdir -p $(O)
	+@flock $(O)/.lock scripts/build-modules $(KDIR) $(O) $(MAKE)

tools:
	$(if $(wildcard tools/Makefile),+@$(MAKE) --no-print-directory -C tools)

clean:
	$(if $(wildcard $(KDIR)/Makefile),+$(MAKE) -C $(KDIR) M=$(CURDIR) ERL2_TESTS=m clean)
	$(if $(wildcard tools/Makefile),+@$(MAKE) --no-print-directory -C tools clean)
	rm -rf .build

install: all
	+$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_PATH=$(DESTDIR) modules_install
	$(if $(DESTDIR),,depmod -a $(RELEASE))
	$(if $(wildcard tools/iscsi-erl2),install -D -m 755 tools/iscsi-erl2 $(DESTDIR)$(SBINDIR)/iscsi-erl2)
	@echo "To let iscsid load it in place of iscsi_tcp, see README.md (modprobe.d)."

DKMS_DIR := $(DESTDIR)/usr/src/$(MODULE)-$(VERSION)
DKMS     := $(shell command -v dkms 2>/dev/null)

dkms-install: headers
	@[ -n "$(DKMS)" ] || { echo "dkms is missing: apt-get install dkms" >&2; exit 1; }
	rm -rf $(DKMS_DIR)
	mkdir -p $(DKMS_DIR)
	scripts/mirror copy . $(DKMS_DIR)
	cp -r Makefile LICENSE $(DKMS_DIR)/
	sed 's/@VERSION@/$(VERSION)/' dkms.conf > $(DKMS_DIR)/dkms.conf
	$(if $(DESTDIR),,dkms install --force -m $(MODULE) -v $(VERSION) \
		-k $(RELEASE))

check:
	@tests/check

# With the mutants: do the tests notice a driver that breaks a rule?
check-all:
	@ALL=1 tests/check

# The pure files in user space, a fuzzer of each included: no guest, no kernel.
unit:
	@tests/unit/run

# The same for longer.
SECONDS ?= 600
fuzz:
	@tests/unit/run $(SECONDS)

mutants:
	@tests/mutants/run

# What takes too long for "make check": five minutes of each load, and a reset
# at every PDU there is.
soak:
	@SOAK=300 SWEEP=full ERL2_TEST_TIMEOUT=3600 ERL2_GUEST_TIMEOUT=14400 \
		TESTS="70-sweep.sh 72-sweep-connections.sh 90-soak.sh 91-soak-connections.sh" \
		GUESTS="$${GUESTS:-uml qemu}" tests/check

demo:
	@tests/demo/run

bench:
	@tests/bench/run

.PHONY: all headers module modules tools clean install dkms-install check check-all unit fuzz soak mutants demo bench

# Symbolon: make run, make test, make install. `make help` tells the rest.

PREFIX ?= /usr/local
DESTDIR ?=
# Where the programs to install were built. Given on the command line, nothing is built.
BUILT ?= target/release

ID := org.symbolon.Symbolon
PROGRAMS := symbolon symbolonctl pinentry-symbolon pinentry-symbolon-tty
LANGUAGES := $(shell sed '/^\#/d' po/LINGUAS)
# What programs that read our JSON go by.
FORMATS := json.md $(notdir $(wildcard data/*.schema.json))
# An example for each kind of set-up.
PROFILES := $(notdir $(wildcard data/profiles/*.toml))

# rustup puts cargo here, and a shell that was open before does not know it yet.
TOOLS := target/tools
export PATH := $(PATH):$(HOME)/.cargo/bin:$(CURDIR)/$(TOOLS)/bin

.PHONY: help release run test fuzz storm hotplug tear neighbours bench screenshots po install uninstall stage prepared \
    lint check-format check-clippy check-documentation check-licences check-translations

help:
	@echo 'make run          build, and open the window with practice cards beside the real readers'
	@echo 'make test         build, and run every test'
	@echo 'make fuzz         SECONDS=600: bytes from outside, for so long into everything that reads them'
	@echo 'make storm        the smart card service fails 1,000 times, in every way; make test does it 100 times'
	@echo 'make hotplug      10,000 cards come and go in eight readers; make test does it with 500'
	@echo 'make tear         a card is pulled, the program or the service killed at every command of a set-up; make test does it at some'
	@echo 'make bench        how fast it is, beside other programs; no test'
	@echo 'make neighbours   SYMBOLON_NEIGHBOURS=300: so many seconds beside GnuPG, OpenSC and others on one token, all at once'
	@echo 'make lint         formatting, clippy, documentation, licences, translations'
	@echo 'make screenshots  the window test alone; pictures are in target/screenshots'
	@echo 'make po           bring the translations in po/ up to date with the sources'
	@echo 'make release      build what make install installs'
	@echo 'make install      PREFIX=/usr/local DESTDIR='
	@echo 'make uninstall    the same, the other way round'

# Lays out the rest too, so that an installation as root has nothing to write in here.
release: stage
	@.ci/packages run
	cargo build --release --locked

run:
	@.ci/packages run
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
	    cargo run --locked --bin symbolon -- --practice; \
	else \
	    echo 'No display here (neither DISPLAY nor WAYLAND_DISPLAY is set): the practice cards on the terminal instead.'; \
	    cargo run --locked --bin symbolonctl -- practice list && \
	    cargo run --locked --bin symbolonctl -- --practice show; \
	fi

# Every test but that of the window, which waits for what is on the screen more than it computes: four at a time.
TESTS := $(sort $(patsubst tests/%.rs,%,$(wildcard tests/*.rs)) $(patsubst tests/%/main.rs,%,$(wildcard tests/*/main.rs)))
BUT_WINDOW := --lib --bins $(patsubst %,--test %,$(filter-out window,$(TESTS)))

test: prepared
	cargo build --release --locked --manifest-path tests/independent-cards/Cargo.toml
	# What was counted is printed, too. A test that fails keeps no other from being run.
	cargo test --locked --no-fail-fast $(BUT_WINDOW) -- --show-output; others=$$?; \
	    cargo test --locked --test window -- --show-output --test-threads 4 && exit $$others
	@$(MAKE) --no-print-directory fuzz

# How long each target of fuzz/ runs.
SECONDS := 20

fuzz: prepared
	@$(call tool,cargo-fuzz,0.13.2)
	fuzz/run $(SECONDS)

# SYMBOLON_SEED decides the order of what happens; without it, it is always the same.
storm: export SYMBOLON_STORM ?= 1000
storm: prepared
	cargo test --locked --test storm -- --nocapture

hotplug: export SYMBOLON_HOTPLUG ?= 10000
hotplug: prepared
	cargo test --locked --test hotplug -- --nocapture

tear: export SYMBOLON_TEAR ?= 1
tear: prepared
	cargo test --locked --test tear -- --nocapture

# On a machine that does nothing else, or the times say little. As root the memory is told more exactly.
bench:
	@.ci/packages bench
	cargo build --release --locked --manifest-path tests/independent-cards/Cargo.toml
	cargo bench --locked --bench commands --bench window --bench idle --bench lanes --bench setup --bench pinentry

# Five minutes with everybody on one token, and as long again for all else; in make test, a minute for the whole.
neighbours: export SYMBOLON_NEIGHBOURS ?= 300
neighbours: prepared
	cargo build --release --locked --manifest-path tests/independent-cards/Cargo.toml
	cargo test --locked --test neighbours -- --nocapture

screenshots: prepared
	cargo test --locked --test window

lint: check-format check-clippy check-documentation check-licences check-translations

check-format:
	cargo fmt --check
	cargo fmt --check --manifest-path fuzz/Cargo.toml

check-clippy: prepared
	cargo clippy --locked --all-targets -- -D warnings

check-documentation: prepared
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --document-private-items

check-licences:
	@$(call tool,cargo-deny,0.20.2)
	cargo-deny --locked check licenses bans sources

check-translations: prepared
	@for language in $(LANGUAGES); do \
	    echo "msgfmt --check po/$$language.po"; \
	    msgfmt --check --output-file=/dev/null po/$$language.po || exit 1; \
	done

prepared:
	@.ci/packages test

# A Rust program for developers: the one that is here, else one of a known version, built once. It runs for seconds:
# without optimisation it is there in half the time.
tool = command -v $(1) >/dev/null || { echo 'There is no $(1): $(2) is built into $(TOOLS).'; \
    cargo install --quiet --debug --locked --root $(TOOLS) --version $(2) $(1); }

# --- Translations -------------------------------------------------------------------------------------------------

DESKTOP := data/$(ID).desktop.in
METAINFO := data/$(ID).metainfo.xml.in

po: prepared
	@$(call tool,xtr,0.1.11)
	po/extract
	@for language in $(LANGUAGES); do \
	    msgmerge --quiet --update --backup=none --no-fuzzy-matching po/$$language.po po/symbolon.pot || exit 1; \
	    printf '%s: ' $$language; msgfmt --statistics --output-file=/dev/null po/$$language.po; \
	done

# --- Installation -------------------------------------------------------------------------------------------------
#
# Everything is laid out in $(STAGE) as it will stand below PREFIX, then copied; uninstall goes by the same list.

STAGE := target/stage

SHARED := \
    share/applications/$(ID).desktop \
    share/metainfo/$(ID).metainfo.xml \
    share/icons/hicolor/scalable/apps/$(ID).svg \
    share/icons/hicolor/symbolic/apps/$(ID)-symbolic.svg \
    $(PROGRAMS:%=share/man/man1/%.1) \
    $(LANGUAGES:%=share/locale/%/LC_MESSAGES/symbolon.mo) \
    share/man/man5/symbolon-profile.5 \
    $(FORMATS:%=share/symbolon/%) \
    $(PROFILES:%=share/symbolon/profiles/%)

stage: $(SHARED:%=$(STAGE)/%)

$(STAGE)/share/applications/%.desktop: data/%.desktop.in $(LANGUAGES:%=po/%.po) po/LINGUAS
	@mkdir -p $(@D)
	msgfmt --desktop --template=$< -d po -o $@

$(STAGE)/share/metainfo/%.metainfo.xml: data/%.metainfo.xml.in $(LANGUAGES:%=po/%.po) po/LINGUAS
	@mkdir -p $(@D)
	msgfmt --xml --template=$< -d po -o $@

$(STAGE)/share/icons/%: data/icons/%
	@mkdir -p $(@D)
	cp $< $@

$(STAGE)/share/man/man1/%: data/man/%
	@mkdir -p $(@D)
	cp $< $@

$(STAGE)/share/man/man5/%: data/man/%
	@mkdir -p $(@D)
	cp $< $@

$(STAGE)/share/locale/%/LC_MESSAGES/symbolon.mo: po/%.po
	@mkdir -p $(@D)
	msgfmt --check -o $@ $<

$(STAGE)/share/symbolon/%: data/%
	@mkdir -p $(@D)
	cp $< $@

ROOT = $(DESTDIR)$(PREFIX)

install: stage $(if $(filter command line,$(origin BUILT)),,release)
	@for program in $(PROGRAMS); do \
	    install -D -m 755 $(BUILT)/$$program "$(ROOT)/bin/$$program" || exit 1; \
	done
	@for file in $(SHARED); do \
	    install -D -m 644 $(STAGE)/$$file "$(ROOT)/$$file" || exit 1; \
	done
	@$(call alternatives,$(add_alternative))
	@$(refresh_icons)

uninstall:
	@$(call alternatives,$(remove_alternative))
	rm -f $(PROGRAMS:%="$(ROOT)/bin/%") $(SHARED:%="$(ROOT)/%")
	@for folder in share/symbolon/profiles share/symbolon; do \
	    if [ -d "$(ROOT)/$$folder" ]; then rmdir --ignore-fail-on-non-empty "$(ROOT)/$$folder"; fi; \
	done
	@$(refresh_icons)

# Desktops that keep a list of all icons would not see a new one; where there is no list, none is made.
refresh_icons = if [ -z "$(DESTDIR)" ] && [ -e "$(ROOT)/share/icons/hicolor/icon-theme.cache" ]; then \
    gtk-update-icon-cache --quiet --force --ignore-theme-index "$(ROOT)/share/icons/hicolor" || true; fi

# Debian's links to one of several programs for the same: root's, and not to be touched while a package is made.
alternatives = if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ] && command -v update-alternatives >/dev/null; then \
    sed '/^\#/d' data/alternatives | while read -r link name program priority page_link page_name page; do $(1); done; fi
add_alternative = if [ -x "$(ROOT)/$$program" ]; then update-alternatives --quiet \
    --install "$$link" "$$name" "$(ROOT)/$$program" "$$priority" --slave "$$page_link" "$$page_name" "$(ROOT)/$$page"; fi
remove_alternative = update-alternatives --quiet --remove "$$name" "$(ROOT)/$$program"

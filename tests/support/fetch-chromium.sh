#!/bin/sh
# A Chromium for the tests of pages. Where the system has none: Debian's, beside the system;
# nothing is installed and no root is needed.
#
#   tests/support/fetch-chromium.sh [FOLDER]     prints the path of a runnable Chromium
#
# Takes the packages that this machine lacks from the sources that its own apt uses, with apt's
# own checks, and unpacks them. FOLDER defaults to the user's cache folder; a finished FOLDER is
# used again.
set -eu

for name in chromium chromium-browser google-chrome-stable google-chrome; do
    # Ubuntu's is a stub that asks for a snap.
    if command -v "$name" >/dev/null && "$name" --version >/dev/null 2>&1; then
        command -v "$name"
        exit 0
    fi
done
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/assistant-editors/chromium}
if [ -x "$folder/chromium" ]; then
    echo "$folder/chromium"
    exit 0
fi
command -v apt-get >/dev/null || { echo "fetch-chromium: needs apt-get; install Chromium yourself" >&2; exit 1; }

mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"

quiet_apt() {
    apt-get -qq -y -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" \
        -o APT::Sandbox::User="$(id -un)" -o Debug::NoLocking=1 \
        -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false "$@"
}
# A source of somebody else's that does not answer need not matter.
{ quiet_apt update || true; quiet_apt install --download-only --no-install-recommends chromium fonts-dejavu-core; } >&2 ||
    { echo "fetch-chromium: the packages could not be fetched from this machine's mirror" >&2; exit 1; }
for package in "$work"/cache/archives/*.deb; do
    dpkg -x "$package" "$work/root"
done
rm -rf "$work/cache" "$work/lists"

cat >"$work/chromium" <<'WRAPPER'
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
# Some libraries lie a folder deeper and are linked to by installation scripts, which did not run.
libraries=$(find "$root/usr/lib" "$root/lib" -name '*.so*' -exec dirname {} + 2>/dev/null | sort -u | tr '\n' ':')
LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:-}
export LD_LIBRARY_PATH
[ -e /etc/fonts/fonts.conf ] || { FONTCONFIG_FILE=${root%/root}/fonts.conf; export FONTCONFIG_FILE; }
exec "$root/usr/lib/chromium/chromium" "$@"
WRAPPER
cat >"$work/fonts.conf" <<'FONTS'
<?xml version="1.0"?>
<fontconfig><dir prefix="relative">root/usr/share/fonts</dir></fontconfig>
FONTS
chmod +x "$work/chromium"
"$work/chromium" --version >&2
trap - EXIT INT TERM
chmod 755 "$work"
mv -T "$work" "$folder" 2>/dev/null || rm -rf "$work" # another run was first
echo "$folder/chromium"

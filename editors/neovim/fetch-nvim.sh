#!/bin/sh
# Neovim 0.12 on a Debian that ships an older one, beside the system: nothing is installed.
#
#   editors/neovim/fetch-nvim.sh [FOLDER]     prints the path of a runnable `nvim`
#
# Takes sid's packages from the mirror that this machine's own apt already uses, checks their
# signatures with the system's keyring, and unpacks them with sid's own libc and loader.
# FOLDER defaults to the user's cache folder; a finished FOLDER is used again.
set -eu

folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/assistant-editors/neovim}
if [ -x "$folder/nvim" ]; then
    echo "$folder/nvim"
    exit 0
fi
command -v apt-get >/dev/null || { echo "fetch-nvim: needs apt-get; install Neovim 0.12 yourself" >&2; exit 1; }

# shellcheck disable=SC1091
. /etc/os-release
suite=${VERSION_CODENAME:-stable}
# The mirror of this release's main component: one-line sources, then deb822 ones.
mirror=$(
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        awk -v suite="$suite" '
            { gsub(/\[[^]]*\]/, "") }
            $1 == "deb" && $3 == suite && $4 == "main" { print $2; exit }
            $1 == "URIs:" { uri = $2 }
            $1 == "Suites:" { for (i = 2; i <= NF; i++) if ($i == suite && uri != "") { print uri; exit } }
            NF == 0 { uri = "" }
        '
)
[ -n "$mirror" ] || { echo "fetch-nvim: no Debian mirror in /etc/apt; install Neovim 0.12 yourself" >&2; exit 1; }

mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/parts" "$work/root"
: >"$work/status"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] $mirror sid main" >"$work/sources.list"

quiet_apt() {
    apt-get -qq -y \
        -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts="$work/parts" \
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts="$work/parts" \
        -o Dir::State="$work/state" -o Dir::State::status="$work/status" \
        -o Dir::Cache="$work/cache" -o APT::Sandbox::User="$(id -un)" \
        -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
        -o Acquire::Check-Valid-Until=false "$@"
}
# The empty status file makes apt resolve every dependency anew, libc included.
{ quiet_apt update && quiet_apt install --download-only --no-install-recommends neovim; } >&2 ||
    { echo "fetch-nvim: the packages could not be fetched from this machine's mirror" >&2; exit 1; }
for package in "$work"/cache/archives/*.deb; do
    dpkg -x "$package" "$work/root"
done
rm -rf "$work/cache" "$work/state"

# usr-merged paths: libc's loader lies in usr/lib64 or lib64, depending on the package.
cat >"$work/nvim" <<'WRAPPER'
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
for loader in "$root"/usr/lib64/ld-*.so.* "$root"/lib64/ld-*.so.* "$root"/usr/lib/ld-*.so.* "$root"/lib/ld-*.so.*; do
    [ -e "$loader" ] && break
done
libraries=$(find "$root/usr/lib" "$root/lib" -maxdepth 1 -type d -name '*-linux-gnu*' 2>/dev/null | tr '\n' ':')
VIMRUNTIME=$root/usr/share/nvim/runtime
export VIMRUNTIME
exec "$loader" --library-path "$libraries" "$root/usr/bin/nvim" "$@"
WRAPPER
chmod +x "$work/nvim"
"$work/nvim" --version >&2
trap - EXIT INT TERM
rm -rf "$work/status" "$work/sources.list" "$work/parts"
chmod 755 "$work"
mv -T "$work" "$folder" 2>/dev/null || rm -rf "$work" # another run was first
echo "$folder/nvim"

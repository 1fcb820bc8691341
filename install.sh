#!/usr/bin/env bash
# Makes .venv with Handpick and everything it needs: system libraries (when root), then pinned Python packages.
set -euo pipefail
cd "$(dirname "$0")"

fits='import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 12))'
libraries=(libEGL.so.1 libusb-1.0.so.0 libgomp.so.1 libX11.so.6 libGL.so.1)
packages=(libegl1 libgl1-mesa-dri libusb-1.0-0 libgomp1 libx11-6 libgl1)

find_python() {
    for python in python3.11 python3.10 python3; do
        if "$python" -c "$fits" 2>/dev/null; then echo "$python"; return; fi
    done
}

missing() {  # what the machine lacks, as Debian packages
    for library in "${libraries[@]}"; do
        if ! ldconfig -p | grep -qF "$library"; then echo "${packages[*]}"; break; fi
    done
    compgen -G '/usr/lib/*/dri/*swrast*' >/dev/null || compgen -G '/usr/lib/*/libgallium*' >/dev/null || echo libgl1-mesa-dri
    "${python:-false}" -c 'import ensurepip, venv' 2>/dev/null || echo python3 python3-venv
}

export PATH="$PATH:/sbin:/usr/sbin"
python=$(find_python)
needed=$(missing | xargs)
if [ -n "$needed" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing system packages: $needed"
        apt-get update -q >/dev/null
        # shellcheck disable=SC2086
        DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $needed >/dev/null
        python=$(find_python)
    else
        echo "Handpick needs system packages; run once:  sudo apt-get install -y $needed" >&2
        case "$needed" in *python3-venv*) exit 1 ;; esac  # the rest only slows rendering down
    fi
fi
if [ -z "$python" ]; then
    echo "Handpick runs on Python 3.10 or 3.11; neither is on the PATH. Install one, then run make again." >&2
    exit 1
fi

"$python" -m venv .venv
echo "Installing Python packages into .venv (about a minute) ..."
.venv/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
echo "Compiling, once for all that is started later (some minutes) ..."
.venv/bin/handpick compile
touch .venv/ready

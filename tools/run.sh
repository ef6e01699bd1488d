#!/bin/sh
# Copyright (c) 2026, the interchain.agent_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs a command of .venv as demos and tests are to be run: tools/run.sh pytest tests/unit
#
# The user's own settings for these tools, and above all for AWS, have no business there: nothing that is started by
# this script may reach a real account. (`ansible-playbook`, called by hand, sees all of them as usual.)
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)

prefixes='^(AGENT_OPS|ANSIBLE|AWS|BOTO|CONDA|GIT|HYPOTHESIS|MOLECULE|MOTO|MYPY|PYTEST|PYTHON|RUFF|XDG|YAMLLINT)'
foreign=$(awk -v prefixes="$prefixes" 'BEGIN { for (name in ENVIRON) if (name ~ prefixes) print name }')
for name in $foreign; do
    unset "$name"
done
unset VIRTUAL_ENV

# A home of their own: no AWS profile, no other copy of the collection, and nothing is left in the user's.
export HOME="$root/.cache/home"
mkdir -p "$HOME"
export PATH="$root/.venv/bin:$PATH"
export PYTHONNOUSERSITE=1
export ANSIBLE_CONFIG="$root/ansible.cfg"
export ANSIBLE_HOME="$HOME/.ansible"
export ANSIBLE_COLLECTIONS_PATH="$root/collections"
export AWS_EC2_METADATA_DISABLED=true
export HYPOTHESIS_STORAGE_DIRECTORY="$root/.cache/hypothesis"

# Ansible refuses to start in a locale that is not UTF-8, or that the machine does not have.
case $(uname) in
    Darwin) export LC_ALL=en_US.UTF-8 ;;
    *) export LC_ALL=C.UTF-8 ;;
esac

# A proxy for the world outside must not be asked for a server on this machine.
export NO_PROXY="${NO_PROXY:+$NO_PROXY,}127.0.0.1,localhost"
export no_proxy="$NO_PROXY"

# Some of the tools print colours into files and pipes as well.
if [ ! -t 1 ]; then
    export NO_COLOR=1
fi

printf '$ %s\n' "$*"
exec "$@"

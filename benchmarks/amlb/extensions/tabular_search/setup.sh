#!/usr/bin/env bash
# Makes the engine's environment in `venv`, of a Python that the engine runs on, with this checkout as it stands.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
checkout="$(cd "$here/../../../.." && pwd -P)"
fits='import sys; sys.exit(sys.version_info < (3, 11))'

python=""
for candidate in "${AUTOML_PYTHON:-}" python3.13 python3.12 python3.11 python3 python; do
    if [[ -n "$candidate" ]] && "$candidate" -c "$fits" > /dev/null 2>&1; then
        python="$candidate"
        break
    fi
done
if [[ -z "$python" ]]; then
    echo "No Python of at least 3.11 was found. Name one with AUTOML_PYTHON=/path/to/python." >&2
    exit 1
fi

echo "Making an environment of $("$python" --version) for $checkout ..."
rm -rf "$here/venv"
"$python" -m venv "$here/venv"
if command -v uv > /dev/null; then
    uv pip install --python "$here/venv/bin/python" --editable "$checkout[catboost]"
else
    "$here/venv/bin/python" -m pip install --editable "$checkout[catboost]"
fi
mkdir -p "$here/.setup"
"$here/venv/bin/python" -c "import automl; print(automl.__version__)" > "$here/.setup/version"
echo "The environment holds version $(cat "$here/.setup/version")."
"$here/venv/bin/python" "$here/outlast.py" $$ &

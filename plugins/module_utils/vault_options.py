# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection options of everything that speaks to Vault or OpenBao; documented in doc_fragments/vault.py."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import env_fallback

# VAULT_SKIP_VERIFY is not read: nobody should lose the check of certificates to a forgotten variable.
VAULT_OPTIONS: dict[str, dict[str, Any]] = {
    "urls": {"type": "list", "elements": "str"},
    "url": {"type": "str", "fallback": (env_fallback, ["ANSIBLE_HASHI_VAULT_ADDR", "VAULT_ADDR"])},
    "ca_cert": {
        "type": "path",
        "aliases": ["cacert"],
        "fallback": (env_fallback, ["ANSIBLE_HASHI_VAULT_CA_CERT", "VAULT_CACERT"]),
    },
    "validate_certs": {"type": "bool", "fallback": (env_fallback, ["ANSIBLE_HASHI_VAULT_VALIDATE_CERTS"])},
    "namespace": {"type": "str", "fallback": (env_fallback, ["ANSIBLE_HASHI_VAULT_NAMESPACE", "VAULT_NAMESPACE"])},
    "timeout": {"type": "float", "fallback": (env_fallback, ["ANSIBLE_HASHI_VAULT_TIMEOUT"])},
    "token": {"type": "str", "no_log": True, "fallback": (env_fallback, ["ANSIBLE_HASHI_VAULT_TOKEN", "VAULT_TOKEN"])},
}

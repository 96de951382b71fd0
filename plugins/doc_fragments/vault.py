# Copyright (c) 2026 the hotswap.runbooks authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the options that lead to Vault or OpenBao."""

from __future__ import annotations

import textwrap

_OPTIONS = r"""
urls:
  description:
    - The address of every node by itself, such as V(https://vault-0.example.com:8200).
    - A seal belongs to a node, and a load balancer hides which one answered.
  type: list
  elements: str
url:
  description:
    - The address of the only node; used where O(urls) is not given.
    - Falls back to the variables E(ANSIBLE_HASHI_VAULT_ADDR) and E(VAULT_ADDR).
  type: str
ca_cert:
  description:
    - File of the CA that signed the nodes' certificates; the system's by default.
    - Falls back to the variables E(ANSIBLE_HASHI_VAULT_CA_CERT) and E(VAULT_CACERT).
  type: path
  aliases: [cacert]
validate_certs:
  description:
    - Whether certificates are checked; they are unless this is V(false).
    - Falls back to the variable E(ANSIBLE_HASHI_VAULT_VALIDATE_CERTS).
  type: bool
namespace:
  description:
    - The namespace of Vault Enterprise or OpenBao. The seal belongs to the whole server and is read without it.
    - Falls back to the variables E(ANSIBLE_HASHI_VAULT_NAMESPACE) and E(VAULT_NAMESPACE).
  type: str
timeout:
  description: Seconds that one node may take. Falls back to the variable E(ANSIBLE_HASHI_VAULT_TIMEOUT).
  type: float
token:
  description:
    - A token; not needed, and not sent, to read a seal.
    - Falls back to the variables E(ANSIBLE_HASHI_VAULT_TOKEN) and E(VAULT_TOKEN).
  type: str
"""


class ModuleDocFragment:
    DOCUMENTATION = f"options:{textwrap.indent(_OPTIONS, '  ')}"

    # As the one option of a service's description; there, a reference to a sub-option is written with its parent.
    SOURCE = f"""
options:
  vault:
    description: Where the service's Vault or OpenBao is. Options are named as in the collection community.hashi_vault.
    type: dict
    suboptions:{textwrap.indent(_OPTIONS.replace("O(urls)", "O(vault.urls)"), "      ")}
"""

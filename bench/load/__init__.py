# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Sextant Authors
"""What the benches against peers share: traffic, forwarders, rates, tables."""

#!/usr/bin/env bash
nft delete element bridge vpc can_ip_forward '{ "worker-1" }'

#!/usr/bin/env bash
sudo systemctl stop containerd

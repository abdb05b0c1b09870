#!/usr/bin/env bash
sudo hostname stranger

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Cloud, CLOUDS, type RawConfig } from './index';
import { root } from '../../util/repo-root';

/** The cloud that a stack's name says: `aws` and `aws-s01` are on AWS. */
const cloudOf = (stack: string): Cloud | undefined =>
  CLOUDS.find((cloud) => stack === cloud || stack.startsWith(`${cloud}-`));

/**
 * A stack's config, where nobody gave it any: that of its cloud's tracked Pulumi.CLOUD.yaml. Plain pulumi makes a stack without
 * config wherever its files aren't beside Pulumi.yaml, and for every further name; the default cloud would make it a lab on this machine.
 */
export function seeded(raw: RawConfig, stack: string, project: string): RawConfig {
  const cloud = cloudOf(stack);
  if (!cloud || cloud === 'local' || (raw.cloud && raw.cloud !== 'local')) return raw;
  const { parse } = require('yaml') as typeof import('yaml');
  const { config } = parse(fs.readFileSync(path.join(root, `Pulumi.${cloud}.yaml`), 'utf8')) as {
    config: Record<string, string>;
  };
  const tracked = Object.entries(config).map(([key, value]) => [
    key.replace(`${project}:`, ''),
    String(value),
  ]);
  // What is empty is only declared.
  const given = Object.entries(raw).filter(([, value]) => value);
  return { ...Object.fromEntries(tracked), ...Object.fromEntries(given), cloud };
}

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type CloudName, CLOUDS, type RawConfig } from './index';
import { root } from '../../util/repo-root';

/** Returns the cloud that a stack is named after: `aws` and `aws-s01` are on AWS. */
const cloudOf = (stack: string): CloudName | undefined =>
  CLOUDS.find((cloud) => stack === cloud || stack.startsWith(`${cloud}-`));

/**
 * Completes the config of a stack with the tracked `Pulumi.CLOUD.yaml` of the cloud in its name.
 * Plain pulumi creates a stack such as `aws-s01` without config. The default cloud would then create
 * a local lab for it.
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
  // A key of Pulumi.yaml that the user did not set is present, but empty.
  const given = Object.entries(raw).filter(([, value]) => value);
  return { ...Object.fromEntries(tracked), ...Object.fromEntries(given), cloud };
}

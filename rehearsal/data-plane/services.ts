/**
 * The services of a VPC, run in its router: `node bin/run.cjs rehearsal/data-plane/services.ts WORLD VPC NAMES`.
 * NAMES is a JSON file: host name to address, for names outside the VPC.
 */
import * as fs from 'node:fs';
import { metadataServer } from './metadata';
import { METADATA, RESOLVER } from './network-plan';
import { resolverSocket } from './resolver';
import { readWorld } from './world';

function main([worldFile, vpc, namesFile]: string[]): void {
  const outside = JSON.parse(fs.readFileSync(namesFile, 'utf8')) as Record<string, string>;
  const names = (): Map<string, string> => {
    const { vpcs, interfaces } = readWorld(worldFile);
    const region = vpcs.find(({ id }) => id === vpc)?.region ?? '';
    const inside = interfaces
      .filter((one) => one.vpc === vpc)
      .map(({ privateIp }): [string, string] => [
        `ip-${privateIp.replaceAll('.', '-')}.${region}.compute.internal`,
        privateIp,
      ]);
    return new Map([...Object.entries(outside), ...inside]);
  };
  metadataServer(() => readWorld(worldFile), vpc).listen(80, METADATA);
  resolverSocket(names).bind(53, RESOLVER);
}

main(process.argv.slice(2));

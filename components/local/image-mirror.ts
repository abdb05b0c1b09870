import * as pulumi from '@pulumi/pulumi';
import { ImageMirror } from '../../provider/resources';
import { toolchainPaths } from '../../toolchain';
import type { Topology } from '../topology';
import type { LocalBuilt, LocalContext } from './types';

const PORT = 5000;

/** Returns the registry's URL as nodes see it, for example `http://10.240.0.1:5000`. */
export const mirrorUrl = (topology: Topology): string => `http://${topology.gateway}:${PORT}`;

/**
 * Creates the registry in the VPC that nodes pull from, because they cannot reach the internet.
 * Returns its URL as nodes see it.
 */
export function makeImageMirror(
  { lab, topology, options }: LocalContext,
  { network: { vpc } }: Pick<LocalBuilt, 'network'>,
): pulumi.Output<string> {
  const mirror = new ImageMirror(
    'images',
    {
      lab,
      network: vpc.generation,
      address: topology.gateway,
      port: PORT,
      images: toolchainPaths().images,
    },
    { ...options, dependsOn: vpc },
  );
  return pulumi.interpolate`http://${mirror.address}:${mirror.port}`;
}

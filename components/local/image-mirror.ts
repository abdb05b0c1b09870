import * as pulumi from '@pulumi/pulumi';
import { ImageMirror, type Network } from '../../provider/resources';
import type { Topology } from '../topology';
import { toolchainPaths } from '../../toolchain/paths';

const PORT = 5000;

/** The registry's URL as the nodes of a lab see it. */
export const mirrorUrl = (topology: Topology): string => `http://${topology.gateway}:${PORT}`;

/** The registry in the VPC that nodes pull from, because they have no way out; its URL as nodes see it. */
export function makeImageMirror(
  lab: string,
  topology: Topology,
  network: Network,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const mirror = new ImageMirror(
    'images',
    {
      lab,
      network: network.generation,
      address: topology.gateway,
      port: PORT,
      images: toolchainPaths().images,
    },
    { parent, dependsOn: network },
  );
  return pulumi.interpolate`http://${mirror.address}:${mirror.port}`;
}

import { github } from './github';
import type { Architecture, UpstreamProject } from '../program';

/** Names of the architectures in Pulumi's releases. */
const RELEASE_NAMES: Record<Architecture, string> = { amd64: 'x64', arm64: 'arm64' };

export const pulumi = (version: string): UpstreamProject => ({
  name: 'pulumi',
  version,
  use: ['host'],
  programs: ['pulumi', 'pulumi-language-nodejs'],
  releases: [
    {
      url: (arch) =>
        `${github('pulumi/pulumi', `v${version}`)}/pulumi-v${version}-linux-${RELEASE_NAMES[arch]}.tar.gz`,
      digest: {
        published: () =>
          `${github('pulumi/pulumi', `v${version}`)}/pulumi-${version}-checksums.txt`,
      },
      megabytes: 141,
      holds: () => ({
        pulumi: 'pulumi/pulumi',
        'pulumi-language-nodejs': 'pulumi/pulumi-language-nodejs',
      }),
    },
  ],
  builds: [
    {
      name: 'pulumi',
      packages: { pulumi: 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi' },
      ldflags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`,
      seconds: 132,
      compiles: 1445,
    },
    {
      // Latest version with a module in the Go proxy. It works with newer engines and SDKs.
      name: 'pulumi-language-nodejs',
      packages: {
        'pulumi-language-nodejs':
          'github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs',
      },
      ldflags: '-s -w',
      seconds: 14,
      compiles: 277,
    },
  ],
});

/**
 * Pulumi's own provider of @pulumi/command. It is only downloaded, never built: the Go proxy does
 * not have its source.
 */
const COMMAND_PLUGIN_VERSION = '1.2.1';
export const commandPlugin: UpstreamProject = {
  name: 'pulumi-resource-command',
  version: COMMAND_PLUGIN_VERSION,
  use: ['host'],
  programs: ['pulumi-resource-command'],
  releases: [
    {
      url: (arch) =>
        `${github('pulumi/pulumi-command', `v${COMMAND_PLUGIN_VERSION}`)}/pulumi-resource-command-v${COMMAND_PLUGIN_VERSION}-linux-${arch}.tar.gz`,
      digest: {
        published: () =>
          `${github('pulumi/pulumi-command', `v${COMMAND_PLUGIN_VERSION}`)}/pulumi-command_${COMMAND_PLUGIN_VERSION}_checksums.txt`,
      },
      megabytes: 18,
      holds: () => ({ 'pulumi-resource-command': 'pulumi-resource-command' }),
    },
  ],
  builds: [],
};

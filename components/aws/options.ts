import type { Provider } from '@pulumi/aws/provider';
import type * as pulumi from '@pulumi/pulumi';

/** What every resource of AWS is made with. */
export interface Options {
  parent: pulumi.Resource;
  /** The lab's own, with its region and tags: never the default one, which other config could turn elsewhere. */
  provider: Provider;
}

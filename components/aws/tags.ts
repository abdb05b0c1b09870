import type * as pulumi from '@pulumi/pulumi';
import type { Tags } from '../cloud';

/** Tag with the resource's name in the program: names leftovers that the state does not know. */
export const resourceTag = (name: string): { 'hardway-resource': string } => ({
  'hardway-resource': name,
});

/** Tags of the resources that show when the lab ends: its VPC and its instances. */
export const expiryTags = ({ expires }: Tags): { expires: pulumi.Input<string> } => ({ expires });

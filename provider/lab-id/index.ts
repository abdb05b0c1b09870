import { randomBytes } from 'node:crypto';
import type { ResourceKind } from '../protocol/resource-kind';

interface LabIdState {
  /** 8 hexadecimal digits. */
  value: string;
}

/**
 * A random id that exists only in the state. Chosen once, then kept until the resource is deleted.
 */
export const labId: ResourceKind<LabIdState, LabIdState> = {
  async check(_news, olds) {
    return { inputs: { value: olds?.value ?? randomBytes(4).toString('hex') } };
  },
  create: async (inputs) => ({ id: inputs.value, state: inputs }),
  async delete() {},
};

/** Resource kinds for ids, by token. */
export const labIdKinds: Record<string, ResourceKind<any, any>> = {
  'hardway:index:LabId': labId,
};

import type { ResourceKind } from '../protocol/resource-kind';
import { foreignOwner, foreignText } from './shared/lab-register';

/** Cure for a lab of another state, for plain pulumi and ./lab alike. */
const CURE =
  'use that state (HARDWAY_STATE), or another lab name; ./lab down NAME --take-over deletes the lab and all work in it';

const refusal = (lab: string): string | undefined => {
  const owner = foreignOwner(lab);
  return owner && `${foreignText(lab, owner)} To do: ${CURE}.`;
};

function refuseForeign(lab: string): void {
  const reason = refusal(lab);
  if (reason) throw new Error(reason);
}

/**
 * Wraps a kind so that it creates and changes nothing in labs of other states. If another state
 * takes over a lab, the lab's resources no longer exist for the former state: reading finds none,
 * and deleting has nothing to do.
 */
export function owned(kind: ResourceKind<any, any>): ResourceKind {
  return {
    ...kind,
    check: async (news, olds, unknown, call) => {
      const checked = (await kind.check?.(news, olds, unknown, call)) ?? { inputs: news };
      const reason = refusal(String(news.lab));
      if (!reason) return checked;
      return { ...checked, failures: [...(checked.failures ?? []), { property: 'lab', reason }] };
    },
    create: async (inputs, call) => {
      refuseForeign(inputs.lab);
      return kind.create(inputs, call);
    },
    update:
      kind.update &&
      (async (id, olds, news, call) => {
        refuseForeign(news.lab);
        return kind.update!(id, olds, news, call);
      }),
    read: async (id, state, call) => {
      if (foreignOwner(state.lab)) return undefined;
      if (kind.read) return kind.read(id, state, call);
      return state;
    },
    delete: async (id, state, call) => {
      const owner = foreignOwner(state.lab);
      if (!owner) return kind.delete(id, state, call);
      call?.log('info', `left alone: ${foreignText(state.lab, owner)}`);
    },
  };
}

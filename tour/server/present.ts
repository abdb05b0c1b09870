import { allChecks, skipReason } from '../../checks';
import type { LabOutputs } from '../../components/outputs';
import { itemsIf, textIf } from '../../util/optional';
import { chapters } from '../chapters';
import { fill, nodeOf, valuesOf, type Facts } from '../facts';
import type { TourDrill } from '../lab';
import { evidenceOf, type Progress } from '../progress';
import type { Chapter, TourStep } from '../step';
import type { ShownChapter, ShownNode, ShownStep, ShownTour } from './messages';

/** Facts that a page shows: the lab, the student's objects and progress. */
export interface Scene {
  outputs: LabOutputs;
  facts: Facts;
  progress: Progress;
  drills: TourDrill[];
  /** Table of the VPC router. */
  routes: string;
  hasWalks: boolean;
}

/** Returns whether a step is one of the article's rows. */
export const isRow = ({ id }: Pick<TourStep, 'id'>): boolean =>
  allChecks.some((one) => one.id === id);

/** Steps of the preparation and of tidying depend on rows: the same labs have them. */
const NEEDS: Record<string, string> = {
  'setup.nginx': 'pod.netns',
  'setup.service': 'nodeport.chains',
  'setup.busybox': 'pod.netns',
  'tidy.masquerade': 'nat.masq.source',
};

/** Steps that read rules of iptables. */
const IPTABLES = ['svc.chains', 'nodeport.chains'];

/** Returns why a step does not apply to a lab; an empty text if it does. */
export function skipOf(step: Pick<TourStep, 'id' | 'commands'>, outputs: LabOutputs): string {
  const { id, commands } = step;
  const check = allChecks.find((one) => one.id === (NEEDS[id] ?? id));
  const reason = check && skipReason(check, outputs);
  if (reason) return reason;
  if (outputs.stage === 'none' && commands.some(({ on }) => on === 'laptop'))
    return "the lab's stage is none, which has no Kubernetes";
  if (IPTABLES.includes(id) && outputs.proxyMode !== 'iptables')
    return `kube-proxy's mode is ${outputs.proxyMode} in this lab: see chapter 9 of the tutorial`;
  return '';
}

function presentStep(step: TourStep, scene: Scene): ShownStep {
  const { outputs, facts, progress, hasWalks } = scene;
  const values = valuesOf(facts, outputs);
  const text = (one: string): string => fill(one, values);
  const done = progress.steps[step.id];
  const { question } = step;
  return {
    id: step.id,
    title: step.title,
    text: step.text.map(text),
    commands: step.commands.map((command, at) => ({
      place: nodeOf(command.on, facts, outputs),
      type: text(command.type),
      done: done !== undefined || at in (progress.ran[step.id] ?? {}),
    })),
    done: done !== undefined,
    evidence: evidenceOf(progress, step.id),
    facts: textIf(step.id === 'route.vpc', scene.routes),
    article: step.article ?? '',
    since: step.since ?? '',
    skip: skipOf(step, outputs),
    ...(question && {
      question: {
        ask: question.ask,
        form: question.form,
        answer: progress.answers[step.id] ?? '',
      },
    }),
    ...(step.walk && hasWalks && { walk: text(`${step.walk.from} ${step.walk.to}`) }),
  };
}

const presentChapter = (chapter: Chapter, scene: Scene): ShownChapter => ({
  title: chapter.title,
  intro: chapter.intro,
  steps: chapter.steps.map((step) => presentStep(step, scene)),
  drills: scene.drills
    .filter((drill) => drill.chapter === chapter.page)
    .map(({ chapter: _, ...drill }) => drill),
});

function presentNodes({ outputs, facts }: Scene): ShownNode[] {
  const pods = [facts.first, facts.second, facts.nginx].filter((pod) => pod !== undefined);
  return outputs.topology.nodes.map(({ name, role, privateIp, podCidr }) => ({
    name,
    role,
    address: privateIp,
    publicAddress: outputs.nodes.find((node) => node.name === name)?.publicIp ?? '',
    bridge: podCidr ?? '',
    pods: pods.filter(({ node }) => node === name).map(({ name, ip }) => ({ name, ip })),
  }));
}

/** Returns the terminals that a lab offers: nodes, and the laptop if there is an API. */
export const placesOf = ({ stage, topology }: Pick<LabOutputs, 'stage' | 'topology'>): string[] => [
  ...itemsIf(stage !== 'none', 'laptop'),
  ...topology.nodes.filter(({ role }) => role === 'worker').map(({ name }) => name),
];

/** Returns the whole tour, as the page shows it. */
export function present(scene: Scene): ShownTour {
  const { outputs, progress } = scene;
  const rows = chapters
    .flatMap(({ steps }) => steps)
    .filter((step) => isRow(step) && skipOf(step, outputs) === '');
  return {
    lab: outputs.lab,
    chapters: chapters.map((chapter) => presentChapter(chapter, scene)),
    network: {
      nodes: presentNodes(scene),
      router: outputs.topology.nodes[0].subnet.gateway,
      serviceCidr: outputs.topology.serviceCidr,
    },
    places: placesOf(outputs),
    done: rows.filter(({ id }) => progress.steps[id]).length,
    total: rows.length,
  };
}

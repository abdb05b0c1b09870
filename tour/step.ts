/** Place of a terminal, by its part in the tour. The lab decides which node it is. */
export type Role =
  /** A shell with kubectl, on controller-0. */
  | 'laptop'
  /** worker-0 and worker-1. */
  | 'first'
  | 'second'
  /** Worker that runs nginx. */
  | 'nginx'
  /** Worker that does not run nginx, and takes its NodePort's packets. */
  | 'entry';

/** Command that a student types. Words in braces are values of the lab, such as `{nginx.ip}`. */
export interface Command {
  on: Role;
  type: string;
  /** Matches what was typed, without `sudo`. Students may vary a command. */
  like: RegExp;
  /** Parts that the output must have. Texts may have values of the lab in braces. */
  shows: (string | RegExp)[];
}

/** Connection that the kernel of a node must track, as the article shows it. */
export interface FlowEffect {
  kind: 'flow';
  on: Role;
  protocol: 'icmp' | 'tcp';
  original: { src?: string; dst?: string; dport?: string };
  reply: { src?: string; dst?: string };
  /** Whether the sender must be outside the network of the nodes. */
  outside?: true;
}

/** Objects that must exist in the cluster. Values of the lab, such as `nginx.ip`. */
export interface ObjectEffect {
  kind: 'objects';
  values: string[];
}

export type Effect = FlowEffect | ObjectEffect;

/** Kinds of questions. Each kind knows where a lab has its answer. */
export type QuestionKind =
  'peer' | 'inode' | 'masquerade chain' | 'dns endpoint chain' | 'source port' | 'nginx chain';

/** Question with an answer that only this lab has. */
export interface Question {
  kind: QuestionKind;
  ask: string;
  /** Form of an answer, shown in the empty field. */
  form: string;
}

/** Walk that a step offers to draw. Words of `./lab walk`. */
export interface WalkOffer {
  from: string;
  to: string;
}

/** Step of a chapter: a text, commands to type, and the proof that they worked. */
export interface TourStep {
  /** Id of a check for a row of the article; `setup.NAME` or `tidy.NAME` for others. */
  id: string;
  title: string;
  /** Paragraphs. Text between backticks is code. */
  text: string[];
  /** All of them must have been run, unless the lab shows the effect. Empty: only the effect counts. */
  commands: Command[];
  /** Proves the step without a command: a connection while it is open, objects at any time. */
  effect?: Effect;
  /** Listing of the article, shortened; unset if the article has none. */
  article?: string;
  /** Difference between today and 2018. */
  since?: string;
  question?: Question;
  walk?: WalkOffer;
}

/** Chapter of the tour. */
export interface Chapter {
  /** Page of docs/tutorial, which is also the `chapter` of drills; unset for the preparation. */
  page?: string;
  title: string;
  intro: string;
  steps: TourStep[];
}

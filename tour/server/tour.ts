import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import type { Flow } from '../../checks';
import type { LabOutputs } from '../../components/outputs';
import { root } from '../../util/repo-root';
import { chapters } from '../chapters';
import { fill, nodeOf, parseFacts, valuesOf, type Facts } from '../facts';
import type { TourLab } from '../lab';
import { addRan, evidenceOf, finish, type Hint, leave, openStep, type Progress } from '../progress';
import { isFlow, proves, type RanCommand } from '../proof';
import { answersOf, isRight } from '../questions';
import type { ObjectEffect, TourStep } from '../step';
import { type BrowserMessage, parseMessage, type ServerMessage } from './messages';
import { placesOf, present, skipOf } from './present';
import { Terminals } from './terminals';
import { LineWatcher, SeenFlows, WATCH_FLOWS } from './watch';

/** Seconds for which terminals stay open without a page: long enough to load it again. */
const TERMINALS_WAIT = 60;

/** Seconds for which watchers stay without a page. */
const WATCH_WAIT = 3;

/** Milliseconds for which answers of the lab are reused. */
const ANSWERS_LAST = 3000;

/** Milliseconds between two looks for hints of the instructor. */
const HINTS_PAUSE = 1000;

/** Milliseconds to wait for more events of Kubernetes before its objects are read. */
const SETTLE = 250;

/** Manifests in the home directory of the laptop's terminal. */
const MANIFESTS = ['tour/files/nginx.yaml', 'examples/nginx-service.yaml', 'examples/busybox.yaml'];

/** bash command that gives the laptop's shell its manifests and its kubeconfig. */
function laptopSetUp(): string {
  const files = MANIFESTS.map((file) => {
    const text = fs.readFileSync(path.join(root, file)).toString('base64');
    return `echo ${text} | base64 -d > ~/${path.basename(file)}`;
  });
  const config =
    '[ -f ~/.kube/config ] || sudo install -D -o ubuntu -g ubuntu -m 600 /var/lib/kubernetes/admin.kubeconfig ~/.kube/config';
  return [...files, config].join('; ');
}

/** Formats a connection like the article: what was sent, and below it the reply that is expected. */
const inTwoLines = ({ line }: Flow): string =>
  line.trim().replace(/ +(\[UNREPLIED\] )?src=(?!.* src=)/, '\n    $1src=');

const steps = chapters.flatMap((chapter) => chapter.steps);

/** Returns the ids of the steps that do not apply to a lab. */
const skippedIn = (outputs: LabOutputs): string[] =>
  steps.filter((step) => skipOf(step, outputs) !== '').map(({ id }) => id);

/** Tour on one lab: follows terminals and lab, keeps the progress, and talks to the pages. */
export class Tour {
  private readonly browsers = new Map<WebSocket, { step: string }>();
  private readonly terminals: Terminals;
  private readonly flows = new SeenFlows();
  private watchers: LineWatcher[] = [];
  private hints: Hint[] = [];
  private hintTimer?: NodeJS.Timeout;
  private facts: Facts = {};
  private routes = '';
  private progress: Progress;
  private reading?: Promise<void>;
  private readAgain = false;
  private idle?: NodeJS.Timeout;
  private asleep?: NodeJS.Timeout;
  private settle?: NodeJS.Timeout;
  private drillRuns = false;
  private readonly answers = new Map<string, { at: number; found: Promise<string[]> }>();

  constructor(private readonly lab: TourLab) {
    // A killed tour leaves its open step.
    const progress = leave(lab.progress.read());
    this.progress = { ...progress, skipped: skippedIn(lab.access.outputs) };
    this.terminals = new Terminals((place, setUp) => this.shell(place, setUp), {
      output: (place, data) => this.send({ type: 'output', place, data, replay: false }),
      ran: (ran) => void this.onRan(ran),
      closed: (place) => this.send({ type: 'closed', place }),
    });
  }

  private get outputs() {
    return this.lab.access.outputs;
  }

  private shell(place: string, marks: string): string[] {
    if (place !== 'laptop') return this.lab.ssh(place, `${marks}; exec bash --login -i`, true);
    const [controller] = this.outputs.topology.nodes;
    return this.lab.ssh(controller.name, `${laptopSetUp()}; ${marks}; exec bash --login -i`, true);
  }

  /** Adds a browser that has loaded the page. */
  add(socket: WebSocket): void {
    this.browsers.set(socket, { step: '' });
    clearTimeout(this.idle);
    clearTimeout(this.asleep);
    socket.on('message', (data) => {
      const message = parseMessage(String(data));
      if (message) void this.onMessage(socket, message).catch(() => undefined);
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      this.browsers.delete(socket);
      if (this.browsers.size > 0) return;
      this.save(leave(this.progress));
      this.asleep = setTimeout(() => this.stopWatching(), WATCH_WAIT * 1000);
      this.idle = setTimeout(() => this.terminals.endAll(), TERMINALS_WAIT * 1000);
    });
    this.show([socket]);
    this.send({ type: 'hints', hints: this.hints }, [socket]);
    this.watch();
    void this.readFacts();
    void this.readRoutes();
  }

  /** Ends terminals, watchers and connections. */
  close(): void {
    clearTimeout(this.idle);
    clearTimeout(this.asleep);
    clearTimeout(this.settle);
    this.stopWatching();
    this.terminals.endAll();
    // The program ends before the sockets report that they are closed.
    if (this.browsers.size > 0) this.save(leave(this.progress));
    for (const socket of this.browsers.keys()) socket.terminate();
  }

  private send(message: ServerMessage, to: Iterable<WebSocket> = this.browsers.keys()): void {
    const text = JSON.stringify(message);
    for (const socket of to) socket.send(text);
  }

  private show(to?: Iterable<WebSocket>): void {
    const { outputs, facts, progress, routes, lab } = this;
    const scene = { outputs, facts, progress, routes, drills: lab.drills(), hasWalks: !!lab.walk };
    this.send({ type: 'tour', tour: present(scene) }, to);
  }

  private save(progress: Progress): void {
    if (progress === this.progress) return;
    this.progress = progress;
    this.lab.progress.write(progress);
  }

  private readHints(): void {
    const hints = this.lab.hints();
    if (hints.length === this.hints.length) return;
    this.hints = hints;
    this.send({ type: 'hints', hints });
  }

  /** Starts to follow the instructor's hints, what the workers track, and the student's pods. */
  private watch(): void {
    this.hintTimer ??= setInterval(() => this.readHints(), HINTS_PAUSE);
    this.readHints();
    if (this.watchers.length > 0 || this.outputs.stage === 'none') return;
    const workers = this.outputs.topology.nodes.filter(({ role }) => role === 'worker').slice(0, 3);
    const pods = ['get', 'pods', '--watch', '--output', 'name'];
    this.watchers = [
      ...workers.map(
        ({ name }) =>
          new LineWatcher(this.lab.ssh(name, WATCH_FLOWS, false), (line) =>
            this.onFlow(name, line),
          ),
      ),
      new LineWatcher(this.lab.kubectl(pods), () => this.readSoon()),
    ];
  }

  private stopWatching(): void {
    clearInterval(this.hintTimer);
    this.hintTimer = undefined;
    for (const watcher of this.watchers) watcher.stop();
    this.watchers = [];
  }

  private readSoon(): void {
    this.settle ??= setTimeout(() => {
      this.settle = undefined;
      void this.readFacts();
    }, SETTLE);
  }

  /** Reads the student's objects. A call during another one reads once more afterwards. */
  private readFacts(): Promise<void> {
    this.readAgain = this.reading !== undefined;
    // The API may be down for a while. The next event reads again.
    return (this.reading ??= this.readOnce()
      .catch(() => undefined)
      .finally(() => {
        this.reading = undefined;
        if (this.readAgain) this.readSoon();
      }));
  }

  private async readOnce(): Promise<void> {
    if (this.outputs.stage === 'none') return;
    const words = ['get', 'pods,services', '-A', '-o', 'json', '--request-timeout=5s'];
    const ran = await this.lab.access.kubectl(words);
    if (ran.code !== 0) return;
    this.facts = parseFacts(ran.stdout);
    this.answers.clear();
    this.proveObjects();
    this.show();
  }

  private async readRoutes(): Promise<void> {
    const table = await this.lab.access.routes().catch(() => []);
    this.routes = table.map(({ line }) => line).join('\n');
    this.show();
  }

  private isOpen({ id }: TourStep): boolean {
    return [...this.browsers.values()].some(({ step }) => step === id);
  }

  /** Steps that are open in a page, apply to the lab, and are not done. */
  private waiting(): TourStep[] {
    return steps.filter(
      (step) =>
        this.isOpen(step) && !this.progress.steps[step.id] && skipOf(step, this.outputs) === '',
    );
  }

  private finish(step: TourStep, evidence: string): void {
    this.save(finish(this.progress, step.id, { at: new Date().toISOString(), evidence }));
    this.send({ type: 'done', step: step.id, title: step.title });
    this.show();
  }

  private proveObjects(): void {
    const values = valuesOf(this.facts, this.outputs);
    const isThere = ({ values: names }: ObjectEffect): boolean =>
      names.every((name) => values.has(name));
    for (const step of steps) {
      const { effect } = step;
      if (effect?.kind !== 'objects' || this.progress.steps[step.id] || !isThere(effect)) continue;
      this.finish(step, effect.values.map((name) => values.get(name)).join('  '));
    }
  }

  private onFlow(node: string, line: string): void {
    const flow = this.flows.add(node, line);
    if (flow) this.proveFlow(node, flow);
  }

  private proveFlow(node: string, flow: Flow): void {
    const values = valuesOf(this.facts, this.outputs);
    const { nodeCidr } = this.outputs.topology;
    for (const step of this.waiting()) {
      const { effect } = step;
      if (effect?.kind !== 'flow' || nodeOf(effect.on, this.facts, this.outputs) !== node) continue;
      if (isFlow(flow, { effect, values, nodeCidr }))
        this.finish(step, `${node} tracks\n${inTwoLines(flow)}`);
    }
  }

  /**
   * Marks each command that was run in an open step, and finishes a step when all its commands are
   * marked.
   */
  private async onRan(ran: RanCommand): Promise<void> {
    const values = valuesOf(this.facts, this.outputs);
    for (const step of this.waiting()) this.tick(step, ran, values);
    if (ran.place === 'laptop' && /kubectl/.test(ran.typed)) await this.readFacts();
  }

  private tick(step: TourStep, ran: RanCommand, values: Map<string, string>): void {
    const before = this.progress;
    const shown = `${ran.place}$ ${ran.typed}\n${ran.output.trim()}`;
    step.commands.forEach((command, index) => {
      const place = nodeOf(command.on, this.facts, this.outputs);
      if (proves(ran, { command, place, values }))
        this.save(addRan(this.progress, step.id, { index, shown }));
    });
    if (this.progress === before) return;
    const count = Object.keys(this.progress.ran[step.id]).length;
    // Created objects need a moment: proveObjects finishes such a step when they exist.
    if (count === step.commands.length && step.effect?.kind !== 'objects')
      return this.finish(step, evidenceOf(this.progress, step.id));
    this.show();
  }

  private async onMessage(socket: WebSocket, message: BrowserMessage): Promise<void> {
    switch (message.type) {
      case 'select':
        this.browsers.set(socket, { step: message.step });
        return this.save(openStep(this.progress, message.step));
      case 'open': {
        const { place, columns, rows } = message;
        if (!placesOf(this.outputs).includes(place)) return;
        const data = this.terminals.at(place, { columns, rows });
        return this.send({ type: 'output', place, data, replay: true }, [socket]);
      }
      case 'input':
        return this.terminals.write(message.place, message.data);
      case 'resize':
        return this.terminals.resize(message.place, message);
      case 'answer':
        return this.onAnswer(socket, message.step, message.text);
      case 'walk':
        return this.onWalk(socket, message.step);
      case 'drill':
        return this.onDrill(message.verb, message.name);
    }
  }

  /** Returns the lab's answers to the question of a step. */
  private answersTo({ id, question }: TourStep): Promise<string[]> {
    const known = this.answers.get(id);
    if (known && Date.now() - known.at < ANSWERS_LAST) return known.found;
    const { access } = this.lab;
    const flows = (node: string): Flow[] => this.flows.of(node);
    const found = answersOf(question!.kind, { access, facts: this.facts, flows });
    this.answers.set(id, { at: Date.now(), found });
    return found;
  }

  private async onAnswer(socket: WebSocket, id: string, text: string): Promise<void> {
    const step = steps.find((one) => one.id === id && one.question);
    if (!step) return;
    const reply = (right: boolean, about: string): void =>
      this.send({ type: 'answered', step: id, right, text: about }, [socket]);
    const answers = await this.answersTo(step).catch(() => []);
    if (answers.length === 0) return reply(false, 'Your lab has no answer now. Do the step first.');
    if (!isRight(text, answers)) return reply(false, 'That is not what your lab has.');
    this.save({ ...this.progress, answers: { ...this.progress.answers, [id]: text.trim() } });
    reply(true, 'Right.');
    this.show();
  }

  private async onWalk(socket: WebSocket, id: string): Promise<void> {
    const offer = steps.find((one) => one.id === id)?.walk;
    if (!offer || !this.lab.walk) return;
    const values = valuesOf(this.facts, this.outputs);
    const words = { from: fill(offer.from, values), to: fill(offer.to, values) };
    const failed = (error: Error) => ({ forward: [], reply: [], ending: error.message });
    const done = await this.lab.walk(words).catch(failed);
    this.send({ type: 'walk', step: id, ...done }, [socket]);
  }

  /** Runs a command about drills. One at a time. */
  private async onDrill(verb: string, name: string): Promise<void> {
    const isKnown = this.lab.drills().some((drill) => drill.name === name);
    if (!isKnown || this.drillRuns) return;
    this.drillRuns = true;
    const show = (text: string): void => this.send({ type: 'drill', text, running: true });
    try {
      await this.lab.drill(verb, name, show);
      // The record of the drill is written when its command ends.
      await rest(50);
    } finally {
      this.drillRuns = false;
      // The result is on the page before its buttons work again.
      this.show();
      this.send({ type: 'drill', text: '', running: false });
    }
  }
}

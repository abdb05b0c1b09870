import * as grpc from '@grpc/grpc-js';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { Struct } from 'google-protobuf/google/protobuf/struct_pb';
import { PluginInfo } from '@pulumi/pulumi/proto/plugin_pb';
import * as rpc from '@pulumi/pulumi/proto/provider_pb';
import { messageOf } from '../../util/error-message';
import { changedInputs, defaultDifference } from './diff';
import { diffResponse } from './diff-response';
import { EngineLog } from './engine-log';
import type { Call, Failure, Properties, ResourceKind } from './resource-kind';
import { mask, secretTexts, unwrap, wrap, type Unwrapped } from './values';

/** All resource kinds of a plugin, by token: `package:module:Name`. */
export type ResourceKinds = Record<string, ResourceKind<any, any>>;

/** Methods that every request about a resource has. */
interface ResourceRequest {
  getUrn(): string;
  getType(): string;
}

const properties = (struct: Struct | undefined): Unwrapped =>
  unwrap((struct?.toJavaScript() ?? {}) as Properties);

const struct = (wire: Properties): Struct => Struct.fromJavaScript(wire);

/**
 * Returns the resource's type. If the request lacks it, takes it from the URN,
 * `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`.
 */
const typeOf = (request: ResourceRequest): string =>
  request.getType() || request.getUrn().split('::')[2].split('$').pop()!;

/** Content of a plugin. */
export interface PluginParts {
  kinds: ResourceKinds;
  /** For example `0.1.0`. */
  version: string;
  /** Pulumi schema of the kinds. Default: empty, so `pulumi package get-schema` fails. */
  schema?: object;
}

/** A resource plugin. Translates the engine's calls to calls of its resource kinds. */
export class Plugin {
  private readonly cancelled = new AbortController();
  private readonly log: EngineLog;

  private readonly kinds: ResourceKinds;

  constructor(
    private readonly parts: PluginParts,
    engineAddress?: string,
  ) {
    this.kinds = parts.kinds;
    this.log = new EngineLog(engineAddress);
  }

  private kind(request: ResourceRequest): ResourceKind {
    const type = typeOf(request);
    if (Object.hasOwn(this.kinds, type)) return this.kinds[type];
    throw new Error(
      `${type} is not a resource of this plugin. Available: ${Object.keys(this.kinds).sort().join(', ')}`,
    );
  }

  private call(urn: string, secrets: Set<string>, timeoutSeconds = 0): Call {
    let { signal } = this.cancelled;
    if (timeoutSeconds > 0)
      signal = AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]);
    return {
      urn,
      log: (severity, message) => this.log.write(severity, mask(message, secrets), urn),
      status: (message) => this.log.write('info', mask(message, secrets), urn, true),
      signal,
    };
  }

  /** Runs `work` and masks secrets in its errors. Throws if the user has interrupted the engine. */
  private async guarded<T>(secrets: Set<string>, work: () => Promise<T>): Promise<T> {
    if (this.cancelled.signal.aborted) throw new Error('the run was interrupted');
    try {
      return await work();
    } catch (error) {
      // A bug is reported with its stack trace, any other error as a sentence.
      const isBug =
        error instanceof TypeError ||
        error instanceof ReferenceError ||
        error instanceof RangeError;
      const text = (isBug && error.stack) || messageOf(error);
      throw new Error(mask(text, secrets));
    }
  }

  async check(request: rpc.CheckRequest): Promise<rpc.CheckResponse> {
    const kind = this.kind(request);
    const olds = properties(request.getOlds());
    const news = properties(request.getNews());
    const texts = secretTexts([olds, news], kind);
    let known: Properties | undefined;
    if (Object.keys(olds.values).length > 0) known = olds.values;
    const call = this.call(request.getUrn(), texts);
    let checked: { inputs: Properties; failures?: Failure[] } = { inputs: news.values };
    if (kind.check)
      checked = await this.guarded(texts, () =>
        kind.check!(news.values, known, news.unknown, call),
      );
    const response = new rpc.CheckResponse();
    const inputs = wrap(checked.inputs, new Set([...news.secret, ...(kind.secrets ?? [])]), texts);
    for (const name of news.unknown) inputs[name] ??= news.wire[name];
    response.setInputs(struct(inputs));
    for (const { property, reason } of checked.failures ?? []) {
      const failure = new rpc.CheckFailure();
      failure.setProperty(property);
      failure.setReason(mask(reason, texts));
      response.addFailures(failure);
    }
    return response;
  }

  async diff(request: rpc.DiffRequest): Promise<rpc.DiffResponse> {
    const kind = this.kind(request);
    const [state, oldInputs, news] = [
      properties(request.getOlds()),
      properties(request.getOldInputs()),
      properties(request.getNews()),
    ];
    const olds = { ...oldInputs.values, ...state.values };
    const ignored = new Set(request.getIgnorechangesList());
    const texts = secretTexts([state, oldInputs, news], kind);
    const difference = await this.guarded(texts, async () => {
      if (kind.diff)
        return kind.diff(olds, news.values, news.unknown, this.call(request.getUrn(), texts));
      return defaultDifference(
        changedInputs(olds, oldInputs.values, news.values, news.unknown),
        kind.update !== undefined,
      );
    });
    const kept = (names: string[]): string[] => names.filter((name) => !ignored.has(name));
    return diffResponse(
      { ...difference, changed: kept(difference.changed), replace: kept(difference.replace) },
      olds,
      oldInputs.values,
      news,
    );
  }

  async create(request: rpc.CreateRequest): Promise<rpc.CreateResponse> {
    const kind = this.kind(request);
    const inputs = properties(request.getProperties());
    const texts = secretTexts([inputs], kind);
    const call = this.call(request.getUrn(), texts, request.getTimeout());
    const { id, state } = await this.guarded(texts, () => kind.create(inputs.values, call));
    const response = new rpc.CreateResponse();
    response.setId(id);
    response.setProperties(
      struct(wrap(state, new Set([...inputs.secret, ...(kind.secrets ?? [])]), texts)),
    );
    return response;
  }

  async read(request: rpc.ReadRequest): Promise<rpc.ReadResponse> {
    const kind = this.kind(request);
    const state = properties(request.getProperties());
    const inputs = properties(request.getInputs());
    const texts = secretTexts([state, inputs], kind);
    const call = this.call(request.getUrn(), texts, request.getTimeout());
    let found: Properties | undefined = state.values;
    if (kind.read)
      found = await this.guarded(texts, () => kind.read!(request.getId(), state.values, call));
    const response = new rpc.ReadResponse();
    // An empty id means for the engine that the resource does not exist.
    if (!found) return response;
    const secret = new Set([...state.secret, ...inputs.secret, ...(kind.secrets ?? [])]);
    // Inputs also get the actual values, so that a preview after a refresh shows what an update
    // would repair.
    const foundInputs = { ...inputs.values };
    for (const name of Object.keys(foundInputs)) if (name in found) foundInputs[name] = found[name];
    response.setId(request.getId());
    response.setProperties(struct(wrap(found, secret, texts)));
    response.setInputs(struct(wrap(foundInputs, secret, texts)));
    return response;
  }

  async update(request: rpc.UpdateRequest): Promise<rpc.UpdateResponse> {
    const kind = this.kind(request);
    const [state, oldInputs, news] = [
      properties(request.getOlds()),
      properties(request.getOldInputs()),
      properties(request.getNews()),
    ];
    const texts = secretTexts([state, oldInputs, news], kind);
    const call = this.call(request.getUrn(), texts, request.getTimeout());
    const olds = { ...oldInputs.values, ...state.values };
    const updated = await this.guarded(texts, async () => {
      if (!kind.update) throw new Error(`${typeOf(request)} can't be changed in place`);
      return kind.update(request.getId(), olds, news.values, call);
    });
    const response = new rpc.UpdateResponse();
    response.setProperties(
      struct(wrap(updated, new Set([...news.secret, ...(kind.secrets ?? [])]), texts)),
    );
    return response;
  }

  async delete(request: rpc.DeleteRequest): Promise<Empty> {
    const kind = this.kind(request);
    const state = properties(request.getProperties());
    const inputs = properties(request.getOldInputs());
    const texts = secretTexts([state, inputs], kind);
    const call = this.call(request.getUrn(), texts, request.getTimeout());
    await this.guarded(texts, () =>
      kind.delete(request.getId(), { ...inputs.values, ...state.values }, call),
    );
    return new Empty();
  }

  /**
   * Returns the handlers for a gRPC server. Other calls are answered with "unimplemented", which
   * the engine accepts.
   */
  services(): grpc.UntypedServiceImplementation {
    const answer =
      <Request, Response>(
        work: (request: Request) => Promise<Response>,
      ): grpc.handleUnaryCall<Request, Response> =>
      (call, callback) => {
        work(call.request).then(
          (response) => callback(null, response),
          (error: Error) => callback({ code: grpc.status.UNKNOWN, details: error.message }),
        );
      };
    return {
      check: answer((request: rpc.CheckRequest) => this.check(request)),
      diff: answer((request: rpc.DiffRequest) => this.diff(request)),
      create: answer((request: rpc.CreateRequest) => this.create(request)),
      read: answer((request: rpc.ReadRequest) => this.read(request)),
      update: answer((request: rpc.UpdateRequest) => this.update(request)),
      delete: answer((request: rpc.DeleteRequest) => this.delete(request)),
      configure: answer(async () => new rpc.ConfigureResponse().setAcceptsecrets(true)),
      getSchema: answer(async () =>
        new rpc.GetSchemaResponse().setSchema(JSON.stringify(this.parts.schema ?? {})),
      ),
      getPluginInfo: answer(async () => new PluginInfo().setVersion(this.parts.version)),
      cancel: answer(async () => {
        this.cancelled.abort(new Error('the run was interrupted'));
        return new Empty();
      }),
    };
  }
}

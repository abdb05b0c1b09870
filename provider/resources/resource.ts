import * as pulumi from '@pulumi/pulumi';

/**
 * Outputs of a resource: one for each of `Values`. An output keeps the doc comment of its input.
 */
type Outputs<Values> = {
  readonly [Name in keyof Values]: pulumi.Output<pulumi.Unwrap<Values[Name]>>;
};

type Class<Args, Computed> = new (
  name: string,
  args: Args,
  options?: pulumi.CustomResourceOptions,
) => pulumi.CustomResource & Outputs<Args> & Outputs<Computed>;

/**
 * Returns the class of a resource kind. Its outputs are its inputs, and the properties in
 * `computed` that the provider adds.
 */
export function resource<Args extends object, Computed extends object = object>(
  type: string,
  ...computed: (keyof Computed & string)[]
): Class<Args, Computed> {
  const added = Object.fromEntries(computed.map((name) => [name, undefined]));
  return class extends pulumi.CustomResource {
    constructor(name: string, args: Args, options?: pulumi.CustomResourceOptions) {
      super(type, name, { ...args, ...added }, options);
    }
  } as unknown as Class<Args, Computed>;
}

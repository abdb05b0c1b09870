import * as pulumi from '@pulumi/pulumi';

/** What a resource gives of `Values`: each as an output, an input's docstring being its output's too. */
type Outputs<Values> = {
  readonly [Name in keyof Values]: pulumi.Output<pulumi.Unwrap<Values[Name]>>;
};

type Class<Args, Computed> = new (
  name: string,
  args: Args,
  options?: pulumi.CustomResourceOptions,
) => pulumi.CustomResource & Outputs<Args> & Outputs<Computed>;

/** The class of a kind of resource: its outputs are what it takes, and what the provider adds, which `computed` names. */
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

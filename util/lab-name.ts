/**
 * Longest name of a lab, which is its stack's name, in characters. Google Cloud's names are 63 characters at most, and the
 * longest resource name of a lab adds 20. Local labs name control groups and namespaces after it.
 */
export const LONGEST_LAB_NAME = 40;

/** Whether a stack can be a lab: `./lab` and plain `pulumi` take the same names. */
export const isLabName = (stack: string): boolean =>
  /^[a-z0-9]+(-[a-z0-9]+)*$/.test(stack) && stack.length <= LONGEST_LAB_NAME;

/** What is wrong with a stack's name; `undefined` if nothing is. */
export const labNameMistake = (stack: string): string | undefined =>
  isLabName(stack)
    ? undefined
    : `"${stack}" can't name a lab: up to ${LONGEST_LAB_NAME} lower-case letters, digits and single hyphens between them, such as local-s01.`;

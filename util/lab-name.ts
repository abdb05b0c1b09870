/**
 * Longest name of a lab, which is the name of its stack, in characters. Names in Google Cloud have
 * at most 63 characters, and the longest resource name of a lab adds 20. Control groups and
 * namespaces of local labs contain the name, too.
 */
export const LONGEST_LAB_NAME = 40;

/** Returns true if a lab may have this name. `./lab` and plain `pulumi` accept the same names. */
export const isLabName = (stack: string): boolean =>
  /^[a-z0-9]+(-[a-z0-9]+)*$/.test(stack) && stack.length <= LONGEST_LAB_NAME;

/** Describes the mistake in a lab's name; `undefined` if the name is valid. */
export function labNameMistake(stack: string): string | undefined {
  if (isLabName(stack)) return undefined;
  return `"${stack}" can't name a lab: up to ${LONGEST_LAB_NAME} lower-case letters, digits and single hyphens between them, such as local-s01.`;
}

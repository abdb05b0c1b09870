/**
 * Returns a list with the problem, or an empty list if the requirement holds (is true or truthy).
 * @example
 * [...problemUnless(gateway === wanted, `default goes via ${gateway}, expected ${wanted}`)]
 */
export function problemUnless(holds: unknown, problem: string): string[] {
  if (holds) return [];
  return [problem];
}

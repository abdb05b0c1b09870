/** Returns the sum of numbers; 0 without any. */
export const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0);

/**
 * How many voters a queue with so many members does well to have: three or five; more in large ones, 2 + ⌊ln N⌋ rounded up to odd, because an even
 * number survives the loss of no more than the odd one below. Fewer than three peers can not do better than all.
 */
export function votersAdvised(members: number): number {
  if (members < 3) return Math.max(1, members);
  const wanted = 2 + Math.floor(Math.log(members));
  return wanted % 2 === 0 ? wanted + 1 : wanted;
}

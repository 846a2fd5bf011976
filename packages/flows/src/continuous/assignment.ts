/**
 * The assignment of n rows to n columns of least total cost: shortest augmenting paths, O(n³).
 *
 * @param cost `[n·n]`, row by row, finite.
 * @returns the column of each row.
 * @see Jonker and Volgenant 1987, A shortest augmenting path algorithm for dense and sparse linear assignment problems
 */
export function assignment(cost: Float64Array, n: number): Int32Array {
  const NONE = -1;
  const rowPrice = new Float64Array(n);
  const columnPrice = new Float64Array(n);
  const rowOf = new Int32Array(n).fill(NONE);
  const columnOf = new Int32Array(n).fill(NONE);
  const distance = new Float64Array(n);
  const cameFrom = new Int32Array(n);
  // Each column to its cheapest row, where that is free: most rows then need no path.
  for (let column = n - 1; column >= 0; column--) {
    let cheapest = 0;
    for (let row = 1; row < n; row++) {
      if ((cost[row * n + column] as number) < (cost[cheapest * n + column] as number)) cheapest = row;
    }
    columnPrice[column] = cost[cheapest * n + column] as number;
    if (columnOf[cheapest] !== NONE) continue;
    columnOf[cheapest] = column;
    rowOf[column] = cheapest;
  }
  for (let start = 0; start < n; start++) {
    if (columnOf[start] !== NONE) continue;
    distance.fill(Number.POSITIVE_INFINITY);
    const isDone = new Uint8Array(n);
    const seen: number[] = [];
    let row = start;
    let reached = 0;
    let end = NONE;
    while (end === NONE) {
      let nearest = NONE;
      for (let column = 0; column < n; column++) {
        if (isDone[column]) continue;
        const length =
          reached + (cost[row * n + column] as number) - (rowPrice[row] as number) - (columnPrice[column] as number);
        if (length < (distance[column] as number)) {
          distance[column] = length;
          cameFrom[column] = row;
        }
        if (nearest === NONE || (distance[column] as number) < (distance[nearest] as number)) nearest = column;
      }
      isDone[nearest] = 1;
      seen.push(nearest);
      reached = distance[nearest] as number;
      if (rowOf[nearest] === NONE) end = nearest;
      else row = rowOf[nearest] as number;
    }
    rowPrice[start] = (rowPrice[start] as number) + reached;
    for (const column of seen) {
      if (column === end) continue;
      const slack = reached - (distance[column] as number);
      columnPrice[column] = (columnPrice[column] as number) - slack;
      const owner = rowOf[column] as number;
      rowPrice[owner] = (rowPrice[owner] as number) + slack;
    }
    for (let column = end; ; ) {
      const owner = cameFrom[column] as number;
      rowOf[column] = owner;
      const before = columnOf[owner] as number;
      columnOf[owner] = column;
      if (owner === start) break;
      column = before;
    }
  }
  return columnOf;
}

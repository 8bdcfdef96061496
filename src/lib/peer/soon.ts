/** Runs something once after what happens now has happened, however often it is asked for meanwhile; not at all once `isOver`. */
export function soon(isOver: () => boolean, run: () => void): () => void {
  let due = false;
  return () => {
    if (due || isOver()) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      run();
    });
  };
}

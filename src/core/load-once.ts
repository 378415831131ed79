/**
 * What `load` gives, for everybody who asks: it begins with the first who does. A load that failed rejects for those who waited
 * and is tried again by the next.
 */
export const loadOnce = <T>(load: () => Promise<T>): (() => Promise<T>) => {
  let loading: Promise<T> | null = null;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = null;
      throw error;
    });
    return loading;
  };
};

/** The most exports of one tenant at a time: each of them reads the whole trail. */
const maxExports = 4;

/** Places for exports; `null` where a tenant has as many under way as may be, else the function that gives it back. */
export const createExportLimit = (): ((tenant: string) => (() => void) | null) => {
  const underWay = new Map<string, number>();
  return (tenant) => {
    const count = underWay.get(tenant) ?? 0;
    if (count >= maxExports) return null;
    underWay.set(tenant, count + 1);
    let isBack = false;
    return () => {
      if (isBack) return;
      isBack = true;
      const left = (underWay.get(tenant) ?? 1) - 1;
      if (left === 0) underWay.delete(tenant);
      else underWay.set(tenant, left);
    };
  };
};

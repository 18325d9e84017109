# One image for every role of Holdfast: the command decides (serve, migrate, seed; the payment sandbox has its own entrypoint).
# Debian, not Alpine: Temporal's native bridge is linked against glibc and has no musl build.
FROM node:24-bookworm-slim AS base
WORKDIR /app

FROM base AS build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build

FROM base AS dependencies
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM base AS runtime
# The native bridge reads the system's certificates for TLS to Temporal; the slim image has none.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
# A fresh named volume takes its owner from here: the sandbox writes its ledger to /data.
RUN install -d -o node -g node /data
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
ENV NODE_ENV=production
USER node
EXPOSE 3000 9464
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve", "--roles", "api,worker"]

# The image of the gateway; the demo's weather servers run from it too. docs/compose.md says how to build and run it.

FROM node:24.21.0-bookworm-slim AS base
WORKDIR /opt/tollgate

FROM base AS build
COPY package.json package-lock.json .npmrc ./
# With optional packages: the TypeScript compiler is one. What is installed here stays here.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY gateway gateway
RUN npm run -s build

FROM base AS dependencies
COPY package.json package-lock.json .npmrc ./
# Without optional packages: they are a second Node of 120 MB.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM base
ENV NODE_ENV=production
COPY package.json LICENSE ./
COPY --from=dependencies /opt/tollgate/node_modules node_modules
COPY policies policies
COPY --from=build /opt/tollgate/dist dist
# By number, so that Kubernetes can see that it is not root. The gateway writes no file.
USER 1000:1000
EXPOSE 8080 9464
STOPSIGNAL SIGTERM
# Liveness, because what reads this restarts what is unhealthy. Readiness is /readyz.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.TOLLGATE_ADMIN_PORT || 9464}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=8", "dist/cli/tollgate.js"]
CMD ["serve", "--config", "/etc/tollgate/gateway.yaml"]

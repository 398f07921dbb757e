import java.io.FileReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Events and logins of each actor in windows of event time, from topics with `key: actor`.
 *
 * actors.windows  key "urn:auditstream:tines:acme zoe@example.org 2026-11-28T14:35:00Z", value {"events":17,"logins":2}: each record
 *                 replaces the one before
 * actors.alerts   the same key, once for each window that reaches alert.at logins, at the moment when it does
 * actors.late     the ids of events that came after their window was closed
 */
public final class ActorWindows {
  static final String WINDOWS = "actors.windows", ALERTS = "actors.alerts", LATE = "actors.late";

  public static void main(String[] arguments) throws Exception {
    Properties config = new Properties();
    try (FileReader file = new FileReader(arguments[0])) {
      config.load(file);
    }
    String[] topics = config.getProperty("topics").split(",");
    createTopics(config, topics[0]);

    StoreBuilder<?> sources = store("sources"), counts = store("counts"), ids = store("ids");
    Topology topology = new Topology();
    topology.addSource("events", new StringDeserializer(), new ByteArrayDeserializer(), topics)
        .addProcessor("count", () -> new Counter(config), "events")
        .addStateStore(sources, "count")
        .addStateStore(counts, "count")
        .addStateStore(ids, "count");
    for (String sink : List.of(WINDOWS, ALERTS, LATE)) {
      topology.addSink(sink, sink, new StringSerializer(), new StringSerializer(), "count");
    }

    KafkaStreams streams = new KafkaStreams(topology, config);
    CountDownLatch ended = new CountDownLatch(1);
    streams.setUncaughtExceptionHandler(problem -> {
      problem.printStackTrace();
      ended.countDown();
      return StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(20))));
    streams.start();
    ended.await();
    System.exit(1);
  }

  static StoreBuilder<?> store(String name) {
    return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.String(), Serdes.String());
  }

  static void createTopics(Properties config, String like) throws Exception {
    try (Admin admin = Admin.create(config)) {
      int partitions = admin.describeTopics(List.of(like)).allTopicNames().get().get(like).partitions().size();
      for (String name : List.of(WINDOWS, ALERTS, LATE)) {
        NewTopic topic = new NewTopic(name, partitions, (short) -1);
        if (name.equals(WINDOWS)) topic.configs(Map.of("cleanup.policy", "compact"));
        try {
          admin.createTopics(List.of(topic)).all().get();
        } catch (ExecutionException problem) {
          if (!(problem.getCause() instanceof TopicExistsException)) throw problem;
        }
      }
    }
  }

  /** How far one source is, within one partition. There its events are in the order of their times, but for late ones. */
  static final class Source {
    long generation, seq, time = Long.MIN_VALUE;
    long replayedTo = Long.MIN_VALUE;  // the latest time of an earlier generation

    static Source parse(String text) {
      Source source = new Source();
      if (text == null) return source;
      String[] parts = text.split(" ");
      source.generation = Long.parseLong(parts[0]);
      source.seq = Long.parseLong(parts[1]);
      source.time = Long.parseLong(parts[2]);
      source.replayedTo = Long.parseLong(parts[3]);
      return source;
    }

    long firstOpen(Counter counter) {
      return time == Long.MIN_VALUE ? Long.MIN_VALUE : counter.start(time - counter.grace);
    }

    @Override
    public String toString() {
      return generation + " " + seq + " " + time + " " + replayedTo;
    }
  }

  /**
   * Closes the windows of each source by that source's own time. Kafka Streams' windows close by the latest time of a task, which
   * reads all topics: then a source that is ahead closes the windows of one that still reads its past.
   */
  static final class Counter implements Processor<String, byte[], String, String> {
    private final Set<String> logins;
    private final long size, grace, alertAt;
    private ProcessorContext<String, String> context;
    private KeyValueStore<String, String> sources;
    private KeyValueStore<String, String> counts;  // of open windows: SOURCE START ACTOR
    private KeyValueStore<String, String> ids;     // of their events: SOURCE START ID

    Counter(Properties config) {
      logins = Set.of(config.getProperty("logins").split(","));
      size = Long.parseLong(config.getProperty("window.ms"));
      grace = Long.parseLong(config.getProperty("grace.ms"));
      alertAt = Long.parseLong(config.getProperty("alert.at"));
    }

    @Override
    public void init(ProcessorContext<String, String> given) {
      context = given;
      sources = context.getStateStore("sources");
      counts = context.getStateStore("counts");
      ids = context.getStateStore("ids");
    }

    @Override
    public void process(Record<String, byte[]> event) {
      String name = header(event, "ce_source"), id = header(event, "ce_id"), seq = header(event, "auditstream_seq");
      if (name == null) return;  // not auditstream's
      Source source = Source.parse(sources.get(name));
      long generation = Long.parseLong(header(event, "auditstream_generation"));
      if (generation > source.generation) {
        source.replayedTo = source.time;
        source.generation = generation;
        source.seq = 0;
      }
      if (seq != null) {  // what `verify --repair` has published has none
        if (generation < source.generation || Long.parseLong(seq) <= source.seq) return;  // was here already
        source.seq = Long.parseLong(seq);
      }
      count(event, source, name, id);
      if (event.timestamp() > source.time) {
        long open = source.firstOpen(this);
        source.time = event.timestamp();
        if (source.firstOpen(this) > open) forget(name, source.firstOpen(this));
      }
      sources.put(name, source.toString());
    }

    private void count(Record<String, byte[]> event, Source source, String name, String id) {
      long start = start(event.timestamp());
      boolean again = event.timestamp() <= source.replayedTo;
      if (start < source.firstOpen(this)) {
        // What an operator publishes again is not late: its window was closed with it.
        if (!again) context.forward(event.withKey(name).withValue(id), LATE);
        return;
      }
      String identity = key(name, start, id);
      if (again && ids.get(identity) != null) return;
      ids.put(identity, "");

      String window = key(name, start, event.key());
      String before = counts.get(window);
      long events = before == null ? 1 : Long.parseLong(before.split(" ")[0]) + 1;
      long found = before == null ? 0 : Long.parseLong(before.split(" ")[1]);
      String action = header(event, "auditstream_action");
      boolean login = action != null && logins.contains(action);
      if (login) found++;
      counts.put(window, events + " " + found);
      String value = "{\"events\":" + events + ",\"logins\":" + found + "}";
      Record<String, String> result = new Record<>(name + " " + event.key() + " " + Instant.ofEpochMilli(start), value,
          event.timestamp());
      context.forward(result, WINDOWS);
      if (login && found == alertAt) context.forward(result, ALERTS);
    }

    /** The windows of a source that begin before `to`. */
    private void forget(String name, long to) {
      for (KeyValueStore<String, String> store : List.of(counts, ids)) {
        List<String> old = new ArrayList<>();
        try (KeyValueIterator<String, String> found = store.range(key(name, 0, ""), key(name, to, ""))) {
          while (found.hasNext()) old.add(found.next().key);
        }
        old.forEach(store::delete);
      }
    }

    private long start(long time) {
      return time - Math.floorMod(time, size);
    }

    private static String key(String name, long start, String last) {
      return String.format("%s\0%014d\0%s", name, start, last);
    }

    private static String header(Record<?, ?> record, String name) {
      Header found = record.headers().lastHeader(name);
      return found == null ? null : new String(found.value(), StandardCharsets.UTF_8);
    }
  }
}

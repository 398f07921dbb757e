import java.io.FileReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.SimpleStringSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/** Events of each source in windows of event time: a line "SOURCE START COUNT" for each window, once it is closed. */
public final class FlinkWindows {
  /** An event, or a heartbeat, which has no id. */
  public static final class Event {
    public String source = "", id = "";
  }

  public static void main(String[] arguments) throws Exception {
    Properties config = new Properties();
    try (FileReader file = new FileReader(arguments[0])) {
      config.load(file);
    }
    Duration late = Duration.ofMillis(Long.parseLong(config.getProperty("late.ms")));
    Duration idle = Duration.ofMillis(Long.parseLong(config.getProperty("idle.ms")));

    StreamExecutionEnvironment flink = StreamExecutionEnvironment.getExecutionEnvironment();
    flink.enableCheckpointing(1000);
    // Each partition has a watermark of its own, and the slowest one counts: a backfill may be read in any order.
    WatermarkStrategy<Event> byPartition = WatermarkStrategy.<Event>forBoundedOutOfOrderness(late).withIdleness(idle);
    DataStream<Event> events = flink.fromSource(source(config, config.getProperty("topics")), byPartition, "events");
    String heartbeats = config.getProperty("heartbeats");
    if (heartbeats != null) {
      Set<String> sources = Set.of(config.getProperty("sources").split(","));
      DataStream<Event> beats = flink
          .fromSource(source(config, heartbeats), WatermarkStrategy.<Event>forGenerator(context -> new Completeness(sources)), "heartbeats")
          .setParallelism(1)
          .filter(event -> false)  // its watermarks pass
          .setParallelism(1);
      events = events.union(beats);
    }

    OutputTag<Event> tooLate = new OutputTag<>("late", TypeInformation.of(Event.class));
    SingleOutputStreamOperator<String> windows = events
        .keyBy(event -> event.source)
        .window(TumblingEventTimeWindows.of(Duration.ofMillis(Long.parseLong(config.getProperty("window.ms")))))
        .sideOutputLateData(tooLate)
        .process(new Count());
    windows.sinkTo(sink(config, config.getProperty("output")));
    windows.getSideOutput(tooLate).map(event -> event.source + " " + event.id).sinkTo(sink(config, config.getProperty("late")));
    flink.execute("windows");
  }

  static KafkaSource<Event> source(Properties config, String topics) {
    return KafkaSource.<Event>builder()
        .setBootstrapServers(config.getProperty("bootstrap.servers"))
        .setTopics(topics.split(","))
        .setGroupId(config.getProperty("output"))
        .setStartingOffsets(OffsetsInitializer.earliest())
        .setProperty("isolation.level", "read_committed")  // or aborted events count, too
        .setDeserializer(new FromHeaders())
        .build();
  }

  static KafkaSink<String> sink(Properties config, String topic) {
    return KafkaSink.<String>builder()
        .setBootstrapServers(config.getProperty("bootstrap.servers"))
        .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
        .setTransactionalIdPrefix(topic)
        .setProperty("transaction.timeout.ms", "600000")  // Flink's is longer than brokers allow
        .setRecordSerializer(KafkaRecordSerializationSchema.builder()
            .setTopic(topic)
            .setValueSerializationSchema(new SimpleStringSchema())
            .build())
        .build();
  }

  /** The record's timestamp, which Flink takes over, is the event's time, and that of a heartbeat is its `complete_until`. */
  static final class FromHeaders implements KafkaRecordDeserializationSchema<Event> {
    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Event> out) {
      Event event = new Event();
      Header source = record.headers().lastHeader("ce_source"), id = record.headers().lastHeader("ce_id");
      if (source == null) return;  // not auditstream's
      event.source = new String(source.value(), StandardCharsets.UTF_8);
      if (id != null) event.id = new String(id.value(), StandardCharsets.UTF_8);
      out.collect(event);
    }

    @Override
    public TypeInformation<Event> getProducedType() {
      return TypeInformation.of(Event.class);
    }
  }

  /** The time up to which all sources are complete. Before each of them has said so, there is none. */
  static final class Completeness implements WatermarkGenerator<Event> {
    private final Set<String> sources;
    private final Map<String, Long> until = new HashMap<>();

    Completeness(Set<String> sources) {
      this.sources = sources;
    }

    @Override
    public void onEvent(Event heartbeat, long time, WatermarkOutput output) {
      String name = heartbeat.source.substring(heartbeat.source.lastIndexOf(':') + 1);
      if (sources.contains(name)) until.merge(name, time, Math::max);
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {
      if (until.size() < sources.size()) return;
      output.emitWatermark(new Watermark(until.values().stream().min(Long::compare).get() - 1));
    }
  }

  static final class Count extends ProcessWindowFunction<Event, String, String, TimeWindow> {
    @Override
    public void process(String source, Context context, Iterable<Event> events, Collector<String> out) {
      long count = 0;
      for (Event event : events) count++;
      out.collect(source + " " + Instant.ofEpochMilli(context.window().getStart()) + " " + count);
    }
  }
}
